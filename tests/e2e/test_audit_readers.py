"""Who reads which part of the audit, and who opens decisions."""

from __future__ import annotations

import pytest
from binding_client import errors
from binding_client.roster import import_roster, roster_records
from binding_client.testing import Stack, World
from sferum.binding.v1.error_reason_pb2 import ErrorReason

from ..server.images.pictures import saved, screen
from .acting import refusal
from .auditing import ITEMS
from .documents import CLASS_9B, copy_of, person_in
from .visiting import OTHER_SCHOOL, SCHOOL, all_audit, at_the_desk, with_operator_elsewhere

pytestmark = pytest.mark.xdist_group("support")


class TestReaders:
    def test_holder_it_is_all_of_the_own_account_also_what_was_done_for_her(self, town: World) -> None:
        ivan, anya = town.person("ivan"), town.person("anya")
        anya.bind()
        desk = at_the_desk(ivan, anya)
        desk.close_visit(name=desk.open_visit().name)
        actions = [record.action for record in all_audit(anya.client, anya.account())]
        assert actions == ["visit.close", "visit.open", "binding.create", "binding.authorize", "binding.start"]
        assert [record.action for record in all_audit(anya.client, anya.account(), "visit.open")] == ["visit.open"]
        # Neither her mother nor a stranger, nor she of the school.
        for other in ("vera", "dina", "zhanna", "kira"):
            with refusal(errors.AccountNotAccessible):
                town.person(other).client.list_audit_records(parent=anya.account())
        for parent in (SCHOOL, ""):
            with refusal(errors.CallerNotAllowed):
                anya.client.list_audit_records(parent=parent)

    def test_school_it_is_what_was_done_there_and_nothing_of_another_school(self, town: World) -> None:
        ivan, kira = town.person("ivan"), town.person("kira")
        town.person("boris").bind()
        town.person("lada").bind()
        here = {record.account for record in all_audit(ivan.client, SCHOOL)}
        there = {record.account for record in all_audit(kira.client, OTHER_SCHOOL)}
        assert (here, there) == ({"accounts/boris-pupil"}, {"accounts/lada-pupil"})
        with refusal(errors.CallerNotAllowed):
            kira.client.list_audit_records(parent=SCHOOL)

    def test_pupil_who_has_changed_schools_it_is_each_schools_own_part(self, audited: Stack, town: World) -> None:
        ivan, kira, boris = town.person("ivan"), town.person("kira"), town.person("boris")
        boris.bind()
        moved = with_operator_elsewhere(copy_of(audited.default.document))
        person_in(moved, "boris")["enrolments"] = ["s7-2026-5a"]
        assert CLASS_9B not in str(person_in(moved, "boris"))
        import_roster(town.service_client(), roster_records(moved), full=True)
        boris.unbind()
        there = [record.action for record in all_audit(kira.client, boris.account())]
        assert "binding.unbind" in there
        assert "binding.create" not in there
        here = [record.action for record in all_audit(ivan.client, SCHOOL)]
        assert "binding.create" in here
        assert "binding.unbind" not in here
        with refusal(errors.AccountNotAccessible):
            ivan.client.list_audit_records(parent=boris.account())
        assert "binding.create" in [record.action for record in all_audit(boris.client, boris.account())]

    def test_support_it_is_within_its_municipalities(self, town: World) -> None:
        town.person("boris").bind()
        town.person("lada").bind()
        read = {
            name: {record.account for record in town.service_client(name).list_audit_records(page_size=500).records}
            for name in ("support", "support-here", "support-tagil")
        }
        assert read == {
            "support": {"accounts/boris-pupil", "accounts/lada-pupil"},
            "support-here": {"accounts/boris-pupil"},
            "support-tagil": {"accounts/lada-pupil"},
        }
        with refusal(errors.AccountNotAccessible):
            town.service_client("support-tagil").list_audit_records(parent="accounts/boris-pupil")
        with refusal(errors.CallerNotAllowed):
            town.service_client("support-tagil").list_audit_records(parent=SCHOOL)

    def test_visit_and_ticket_it_is_those_who_have_to_do_with_them(self, town: World) -> None:
        ivan, anya, boris = town.person("ivan"), town.person("anya"), town.person("boris")
        visit = at_the_desk(ivan, anya).open_visit().name
        ticket = boris.client.create_ticket(account=boris.account(), screenshot=saved(screen(), "PNG"), **ITEMS).name
        readers = {
            visit: [anya.client, ivan.client, town.service_client("support"), town.service_client("support-here")],
            ticket: [boris.client, ivan.client, town.service_client("support"), town.service_client("support-here")],
        }
        for parent, clients in readers.items():
            for client in clients:
                assert len(client.list_audit_records(parent=parent).records) == 1
        others = {visit: [boris, town.person("kira")], ticket: [anya, town.person("kira")]}
        for parent, actors in others.items():
            for actor in actors:
                with refusal(errors.ResourceNotAccessible):
                    actor.client.list_audit_records(parent=parent)
            with refusal(errors.ResourceNotAccessible):
                town.service_client("support-tagil").list_audit_records(parent=parent)

    def test_token_of_a_page_that_no_page_gave_it_is_invalid(self, town: World) -> None:
        boris = town.person("boris")
        for token in ("bm9uZQ", "!", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk"):
            with refusal(errors.RequestInvalid):
                boris.client.list_audit_records(parent=boris.account(), page_token=token)


class TestDecisions:
    def test_number_read_aloud_it_is_opened_by_the_holder_the_school_and_support(self, town: World) -> None:
        anya, vera = town.person("anya"), town.person("vera")
        with refusal(errors.ContactNotOwned, "D5") as caught:
            anya.start_binding(contact=vera.facts.contact)
        name = f"decisions/{caught.value.decision}"
        readers = [anya.client, town.person("ivan").client, town.service_client("support-here")]
        found = [client.get_decision(name=name) for client in readers]
        assert found[0] == found[1] == found[2]
        decision = found[0]
        assert (decision.row, decision.accepted, decision.account) == ("D5", False, anya.account())
        assert decision.reason == ErrorReason.ERROR_REASON_CONTACT_NOT_OWNED
        assert decision.message == caught.value.message
        facts = {fact.name: fact.value for fact in decision.facts}
        assert facts["contact.used_by"] == "GUARDIAN"
        assert facts["contact.user"] == "vera"
        # Neither contact nor number stands in it.
        assert vera.facts.contact not in str(decision)

    def test_others_and_numbers_that_are_none_it_is_not_accessible(self, town: World) -> None:
        boris = town.person("boris")
        name = f"decisions/{boris.bind().decision}"
        assert boris.client.get_decision(name=name).accepted
        for other in ("vera", "kira", "zhanna"):
            with refusal(errors.ResourceNotAccessible):
                town.person(other).client.get_decision(name=name)
        with refusal(errors.ResourceNotAccessible):
            town.service_client("support-tagil").get_decision(name=name)
        for none in ("999999", "0", "9" * 30, "D5", "٣"):
            kind = errors.RequestInvalid if none == "٣" else errors.ResourceNotAccessible
            with refusal(kind):
                boris.client.get_decision(name=f"decisions/{none}")

    def test_language_it_is_that_of_the_call(self, town: World) -> None:
        boris = town.person("boris")
        name = f"decisions/{boris.bind().decision}"
        messages = {boris.client.using(language=each).get_decision(name=name).message for each in ("ru", "en")}
        assert len(messages) == 2
