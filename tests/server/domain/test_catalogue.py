"""The catalogue, the API's lists of reasons and remedies, and kept refusals."""

import json
import re
from pathlib import Path
from typing import Any

import grpc
import pytest
from binding_server.domain import catalogue, texts
from binding_server.domain.decision import TABLE
from binding_server.domain.model import ChatKind, Diagnosis, RefusalRecord
from binding_server.domain.reasons import Reason, Remedy
from binding_server.domain.refusal import Refusal
from sferum.binding.v1 import error_reason_pb2, resources_pb2

PROTO = Path(__file__).parents[3] / "protos/sferum/binding/v1/error_reason.proto"
ROWS = [row for row, _, _ in TABLE]


def _names(enum: Any, prefix: str) -> set[str]:
    return {name.removeprefix(prefix) for name in enum.keys()} - {"UNSPECIFIED"}  # noqa: SIM118 - not a mapping


def _documented() -> dict[str, tuple[str, list[dict[str, Any]]]]:
    """Returns status and examples that the comments of each reason state."""
    found: dict[str, tuple[str, list[dict[str, Any]]]] = {}
    pattern = re.compile(r"((?: *//.*\n)+) *ERROR_REASON_(\w+) = [1-9]\d*;")
    for comment, name in pattern.findall(PROTO.read_text("utf-8")):
        text = re.sub(r"^ *// ?", "", comment, flags=re.MULTILINE)
        status = re.match(r"[A-Z_]+", text)
        assert status is not None
        found[name] = status.group(), [json.loads(each) for each in re.findall(r"^ {4}(\{.*?\}\})$", text, re.M | re.S)]
    return found


class TestTheApisLists:
    def test_are_the_domains_reasons(self) -> None:
        assert {str(reason) for reason in Reason} == _names(error_reason_pb2.ErrorReason, "ERROR_REASON_")

    def test_are_the_domains_remedies(self) -> None:
        assert {str(remedy) for remedy in Remedy} == _names(resources_pb2.RemedyAction, "REMEDY_ACTION_")

    def test_are_the_domains_diagnoses(self) -> None:
        assert {str(diagnosis) for diagnosis in Diagnosis} == _names(resources_pb2.Diagnosis, "DIAGNOSIS_")

    @pytest.mark.parametrize("reason", list(Reason))
    def test_document_status_and_example_as_the_catalogue_has_them(self, reason: Reason) -> None:
        status, examples = _documented()[reason]
        assert status == catalogue.CATALOGUE[reason].status
        assert examples
        for example in examples:
            assert (example["reason"], example["domain"]) == (reason, "sferum-binding")
            remedies = catalogue.entry(reason, example["metadata"].get("row")).remedies
            assert example["metadata"]["remedies"] == ",".join(remedies)


@pytest.mark.rules("I14")
class TestEveryReason:
    @pytest.mark.parametrize("reason", list(Reason))
    def test_has_a_status_of_grpc_both_messages_and_a_remedy(self, reason: Reason) -> None:
        entry = catalogue.CATALOGUE[reason]
        assert entry.status in grpc.StatusCode.__members__
        assert entry.status != "OK"
        assert re.search("[а-яё]", entry.text("ru"))
        assert entry.text("en") != entry.text("ru")
        assert entry.remedies

    @pytest.mark.parametrize("row", ROWS)
    def test_keeps_its_status_where_a_row_has_words_of_its_own(self, row: str) -> None:
        for reason in Reason:
            own = catalogue.entry(reason, row)
            if own in catalogue.CATALOGUE.values():
                continue
            kin = [each for each in catalogue.CATALOGUE.values() if each.status == own.status]
            assert kin
            assert own.remedies
            assert own.text("en") != own.text("ru")

    @pytest.mark.parametrize("remedy", list(Remedy))
    def test_has_remedies_that_are_sentences_in_both_languages(self, remedy: Remedy) -> None:
        assert catalogue.remedy_text(remedy, "ru") != catalogue.remedy_text(remedy, "en")

    @pytest.mark.parametrize("row", ROWS)
    def test_has_rows_that_are_explained_in_both_languages(self, row: str) -> None:
        assert texts.row_text(row, "ru") != texts.row_text(row, "en")


class TestMessages:
    def test_are_russian_unless_english_is_asked_for(self) -> None:
        russian = catalogue.message(Reason.VK_AUTH_FAILED, "D21", "ru")
        assert catalogue.message(Reason.VK_AUTH_FAILED, "D21", "fr") == russian
        assert catalogue.message(Reason.VK_AUTH_FAILED, "D21", "en") != russian

    @pytest.mark.rules("S13", "D13", "D14")
    @pytest.mark.parametrize("row", ["D13", "D14"])
    def test_begin_with_the_seeds_words_for_a_bound_profile(self, row: str) -> None:
        message = catalogue.message(Reason.VK_PROFILE_ALREADY_BOUND, row, "ru")
        assert message.startswith("НЕ удалось авторизоваться")

    @pytest.mark.rules("D5", "D6", "D7", "D13", "D14", "D15", "D16", "D17")
    @pytest.mark.parametrize(
        ("reason", "rows"),
        [
            (Reason.CONTACT_NOT_OWNED, ["D5", "D6", "D7"]),
            (Reason.VK_PROFILE_ALREADY_BOUND, ["D13", "D14"]),
            (Reason.VK_PROFILE_NOT_OWNED, ["D15", "D16", "D17"]),
        ],
    )
    def test_differ_by_row_where_one_reason_has_several(self, reason: Reason, rows: list[str]) -> None:
        for language in catalogue.LANGUAGES:
            assert len({catalogue.message(reason, row, language) for row in rows}) == len(rows)
        assert len({catalogue.entry(reason, row).status for row in rows}) == 1

    @pytest.mark.rules("D11")
    def test_ask_for_consent_or_for_proof_of_the_contact(self) -> None:
        ask = [
            catalogue.message(Reason.OWNERSHIP_UNVERIFIED, "D11", "ru", {"contact_returned": returned})
            for returned in ("true", "false")
        ]
        assert ask[0] != ask[1]

    @pytest.mark.rules("S12", "S14", "S21")
    def test_keep_the_seeds_labels_and_address(self) -> None:
        here = catalogue.remedy_text(Remedy.UNBIND_HERE, "ru")
        assert "«Отменить привязку Сферума»" in here
        assert "«Отменить привязку профиля»" in here
        assert "«Чаты»" in here
        assert "is-ecp@uprinf.ru" in catalogue.remedy_text(Remedy.SUPPORT_TICKET, "ru")


class TestSentences:
    @pytest.mark.parametrize(
        "name",
        ["bound", "already_bound", "preview", "unbound", "already_unbound", "not_bound", "last_refused", "open"],
    )
    def test_exist_in_both_languages(self, name: str) -> None:
        assert texts.sentence(name, "ru") != texts.sentence(name, "en")

    def test_title_chats_by_class_and_kind(self) -> None:
        assert texts.chat_title("5А", ChatKind.PUPILS) != texts.chat_title("5А", ChatKind.PARENTS)
        assert texts.chat_title("5А", ChatKind.PARENTS).startswith("5А")


@pytest.mark.rules("I6")
class TestAKeptRefusal:
    @pytest.mark.parametrize("remedies", [None, (), (Remedy.UNBIND_IN_OTHER_ACCOUNT, Remedy.VISIT_SCHOOL)])
    def test_comes_back_as_it_was(self, remedies: tuple[Remedy, ...] | None) -> None:
        refusal = Refusal(
            Reason.VK_PROFILE_ALREADY_BOUND, row="D14", metadata={"same_person": "false"}, remedies=remedies
        )
        again = Refusal.of(refusal.record())
        assert (again.reason, again.row, again.metadata, again.remedies) == (
            refusal.reason,
            refusal.row,
            refusal.metadata,
            refusal.remedies,
        )

    def test_is_equal_for_equal_refusals(self) -> None:
        one = Refusal(Reason.VK_PROFILE_ALREADY_BOUND, metadata={"a": "1", "b": "2"}).record()
        other = Refusal(Reason.VK_PROFILE_ALREADY_BOUND, metadata={"b": "2", "a": "1"}).record()
        assert one == other
        assert isinstance(one, RefusalRecord)
