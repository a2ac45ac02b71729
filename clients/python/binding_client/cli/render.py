"""Answers and refusals as Rich shows them."""

import re
from collections.abc import Iterable, Sequence

import grpc
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text
from sferum.binding.v1.binding_service_pb2 import (
    BindingPreview,
    CompleteBindingResponse,
    DecisionRow,
    DiagnoseAccountResponse,
    ExplainBindingResponse,
    ListBindingsResponse,
)
from sferum.binding.v1.directory_service_pb2 import (
    ImportRosterResponse,
    ListMyAccountsResponse,
    RosterEffect,
)
from sferum.binding.v1.error_reason_pb2 import ErrorReason
from sferum.binding.v1.resources_pb2 import Binding, Chat, DiaryAccount, Remedy

from binding_client.cli.texts import Say
from binding_client.errors import BindingError, DeadlineExceeded, ServiceUnavailable

_STEERING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def refusal(error: BindingError, say: Say) -> Panel:
    """Returns a refusal: its message, reason, row and ways out."""
    lines: list[RenderableType] = [plain(_message(error, say), style="bold")]
    facts = [
        (say("Причина", "Reason"), error.reason or error.code.name),
        (say("Строка таблицы", "Table row"), error.row),
        (say("Решение №", "Decision no."), error.decision),
    ]
    facts += [(say("Поле", "Field"), f"{field}: {problem}") for field, problem in error.field_violations]
    facts.append((say("Передано записей", "Records sent"), error.metadata.get("sent", "")))
    facts.append((say("Из них применено", "Of them applied"), error.metadata.get("applied", "")))
    if error.retry_after_s is not None:
        facts.append((say("Повторить через", "Repeat after"), f"{error.retry_after_s:g} {say('с', 's')}"))
    lines.append(_facts(facts))
    lines += _list(say("Что делать", "What to do"), error.ways_out)
    return Panel(Group(*lines), title=say("Отказ", "Refused"), border_style="red", title_align="left")


def failure(text: str, say: Say, ways_out: Sequence[str] = ()) -> Panel:
    """Returns what went wrong outside the binding service."""
    lines = [plain(text, style="bold"), *_list(say("Что делать", "What to do"), ways_out)]
    return Panel(Group(*lines), title=say("Не получилось", "Failed"), border_style="red", title_align="left")


def _message(error: BindingError, say: Say) -> str:
    if isinstance(error, DeadlineExceeded):
        return say("Служба привязки не ответила вовремя.", "The binding service did not answer in time.")
    if isinstance(error, ServiceUnavailable):
        return say("Служба привязки недоступна.", "The binding service cannot be reached.")
    if not error.reason and error.code is grpc.StatusCode.UNIMPLEMENTED:
        return say("Сервер не знает этого метода.", "The server does not know this method.")
    return error.message


def accounts(answer: ListMyAccountsResponse, say: Say) -> Table:
    """Returns who the person is: own accounts, then the children's."""
    table = Table(title=say("Учетные записи", "Accounts"), title_justify="left")
    for name in (
        say("Учетная запись", "Account"),
        say("Роль", "Role"),
        say("Имя", "Name"),
        say("Классы", "Classes"),
        say("Привязка", "Binding"),
        say("Правила", "Policy"),
    ):
        table.add_column(name, overflow="fold")
    for account in answer.accounts:
        table.add_row(*map(plain, _account(account, say)), style="bold")
    for account in answer.pupils:
        table.add_row(*map(plain, _account(account, say)))
    return table


def _account(account: DiaryAccount, say: Say) -> tuple[str, ...]:
    closed = account.state == DiaryAccount.STATE_CLOSED
    return (
        short(account.name),
        say.role(account.role) + (say(" (закрыта)", " (closed)") if closed else ""),
        account.display_name,
        ", ".join(item.display_name for item in account.classes),
        short(account.binding) or say("нет", "none"),
        say.policy(account.policy),
    )


def chats(found: Iterable[Chat], say: Say) -> RenderableType:
    """Returns the tab «Чаты»."""
    table = Table(title=say("Чаты", "Chats"), title_justify="left")
    for name in (say("Чат", "Chat"), say("Для кого", "For whom"), say("Участников", "Members"), say("Номер", "Id")):
        table.add_column(name, overflow="fold")
    for chat in found:
        ready = "" if chat.ready else say(" (создается)", " (being made)")
        cells = (chat.display_name + ready, say.chat_kind(chat.kind), str(chat.member_count), short(chat.name))
        table.add_row(*map(plain, cells))
    return table if table.row_count else Text(say("Чатов нет: профиль не привязан.", "No chats: no profile is bound."))


def bound(answer: CompleteBindingResponse, say: Say) -> Panel:
    """Returns what CompleteBinding made."""
    binding = answer.binding
    facts = [
        (say("Привязка", "Binding"), short(binding.name)),
        (say("Учетная запись", "Account"), short(binding.account)),
        ("VK ID", binding.vk_user_id),
        (say("Роли профиля", "Profile's roles"), _roles(binding.educational_roles, say)),
        (say("Диагноз", "Diagnosis"), say.diagnosis(binding.diagnosis)),
        (say("Решение №", "Decision no."), answer.decision),
    ]
    title = say("Профиль привязан", "Bound")
    return Panel(
        Group(plain(answer.message, style="bold"), _facts(facts)), title=title, border_style="green", title_align="left"
    )


def preview(answer: BindingPreview, say: Say) -> Panel:
    """Returns what would be bound."""
    facts = [
        (say("Имя в профиле", "Name on the profile"), answer.profile_name),
        ("VK ID", answer.vk_user_id),
        (say("Телефон", "Phone"), answer.phone_masked),
        (say("Почта", "E-mail"), answer.email_masked),
        (say("Роли профиля", "Profile's roles"), _roles(answer.educational_roles, say)),
        (say("Чаты", "Chats"), ", ".join(answer.chat_titles)),
        (say("Диагноз", "Diagnosis"), say.diagnosis(answer.diagnosis) if answer.diagnosis else ""),
    ]
    title = say("Будет привязан профиль", "This profile would be bound")
    return Panel(_facts(facts), title=title, border_style="yellow", title_align="left")


def diagnosis(answer: DiagnoseAccountResponse, say: Say) -> Panel:
    """Returns what is wrong, and the ways out."""
    refused = ErrorReason.Name(answer.last_refusal).removeprefix("ERROR_REASON_") if answer.last_refusal else ""
    facts = [
        (say("Диагноз", "Diagnosis"), say.diagnosis(answer.diagnosis)),
        (say("Известная проблема", "Known problem"), str(answer.problem or "")),
        (say("Последний отказ", "Last refusal"), refused),
        (say("Привязка", "Binding"), short(answer.binding.name)),
    ]
    lines: list[RenderableType] = [plain(answer.message, style="bold"), _facts(facts)]
    lines += _list(say("Что видно", "What is seen"), [item.description for item in answer.evidence])
    lines += _list(say("Что делать", "What to do"), _remedies(answer.remedies))
    return Panel(Group(*lines), title=say("Диагноз", "Diagnosis"), title_align="left")


def explanation(answer: ExplainBindingResponse, say: Say) -> Group:
    """Returns the decision table as it was played."""
    table = Table(
        title=f"{say('Таблица решений', 'Decision table')}: {say.policy(answer.policy)}", title_justify="left"
    )
    table.add_column(say("Строка", "Row"), no_wrap=True)
    for name in (say("О чем", "About"), say("Факты", "Facts"), say("Итог", "Outcome")):
        table.add_column(name, overflow="fold")
    for row in answer.rows:
        reason = ErrorReason.Name(row.reason).removeprefix("ERROR_REASON_") if row.reason else ""
        outcome = DecisionRow.Outcome.Name(row.outcome).removeprefix("OUTCOME_")
        reached = row.outcome != DecisionRow.OUTCOME_NOT_REACHED
        facts = "\n".join(f"{name}={value}" for name, value in sorted(row.facts.items()) if reached)
        style = "bold" if row.row == answer.deciding_row else "" if reached else "dim"
        table.add_row(*map(plain, (row.row, row.description, facts, f"{outcome} {reason}".strip())), style=style)
    return Group(
        table,
        plain(answer.message, style="bold"),
        *_list(say("Что делать", "What to do"), _remedies(answer.remedies)),
    )


def effects(found: Sequence[RosterEffect], say: Say) -> Group:
    """Returns what follows for each account, a line each."""
    if not found:
        return Group(plain(say("Для привязок и чатов ничего не изменится.", "Nothing changes for bindings and chats.")))
    title = say(f"Что изменится или изменилось: {len(found)}", f"What changes or has changed: {len(found)}")
    return Group(plain(title, style="bold"), *(plain(f"  {effect.message}") for effect in found))


def imported(
    answer: ImportRosterResponse,
    say: Say,
    seconds: float,
    errors: Sequence[ImportRosterResponse.RecordError] | None = None,
) -> Group:
    """Returns what became of a roster, and how long that took; `errors` are all of them, if not those of the answer."""
    records = answer.created + answer.updated + answer.unchanged + answer.failed
    counts = [
        (say("Создано", "Created"), str(answer.created)),
        (say("Изменено", "Updated"), str(answer.updated)),
        (say("Без изменений", "Unchanged"), str(answer.unchanged)),
        (say("С ошибкой", "Failed"), str(answer.failed)),
        (say("Закончилось", "Ended"), str(answer.ended)),
        (say("Отвязано", "Unbound"), str(answer.unbound)),
        (say("Время", "Time"), f"{seconds:.1f} {say('с', 's')}"),
        (say("Записей в секунду", "Records a second"), f"{records / max(seconds, 0.001):.0f}"),
    ]
    if answer.dry_run:
        trial = say("Это была проба: ничего не изменено.", "This was a dry run: nothing was changed.")
        counts.insert(0, (say("Проба", "Dry run"), trial))
    listed = answer.errors if errors is None else errors
    if not listed:
        return Group(_facts(counts))
    table = Table(title=say("Ошибки", "Errors"), title_justify="left")
    for name in (say("Строка", "Line"), say("Поле", "Field"), say("Причина", "Reason"), say("Что не так", "What")):
        table.add_column(name, overflow="fold")
    for error in listed:
        reason = ErrorReason.Name(error.reason).removeprefix("ERROR_REASON_")
        table.add_row(*map(plain, (str(error.line or error.index), error.field, reason, error.message)))
    return Group(_facts(counts), table)


def bindings(found: Iterable[Binding], say: Say) -> Table:
    """Returns bindings, one a line."""
    table = Table(title=say("Привязки", "Bindings"), title_justify="left")
    for name in (
        say("Привязка", "Binding"),
        say("Учетная запись", "Account"),
        say("Состояние", "State"),
        say("Диагноз", "Diagnosis"),
        "VK ID",
        say("С", "Since"),
    ):
        table.add_column(name, overflow="fold")
    for binding in found:
        since = binding.create_time.ToDatetime().date().isoformat() if binding.HasField("create_time") else ""
        state, wrong = say.binding_state(binding), say.diagnosis(binding.diagnosis)
        table.add_row(short(binding.name), short(binding.account), state, wrong, binding.vk_user_id, since)
    return table


def counts(found: Iterable[ListBindingsResponse.Count], say: Say) -> Table:
    """Returns how many ACTIVE bindings have each diagnosis."""
    table = Table(title=say("Действующие привязки", "Active bindings"), title_justify="left")
    table.add_column(say("Диагноз", "Diagnosis"))
    table.add_column(say("Сколько", "How many"), justify="right")
    for count in found:
        table.add_row(say.diagnosis(count.diagnosis), str(count.bindings))
    return table


def plain(text: str, style: str = "") -> Text:
    """Returns what came from outside as it may be shown: brackets are no markup, and signs that steer a terminal or
    turn the direction of writing are shown as question marks."""
    return Text(_STEERING.sub("\ufffd", text), style=style)


def short(name: str) -> str:
    """Returns a resource's name without its collection: "accounts/vera-parent" gives "vera-parent"."""
    return name.rpartition("/")[2]


def _roles(roles: Iterable[int], say: Say) -> str:
    return ", ".join(say.educational_role(role) for role in roles)  # type: ignore[arg-type]


def _remedies(remedies: Iterable[Remedy]) -> list[str]:
    return [remedy.description for remedy in remedies]


def _facts(facts: Iterable[tuple[str, str]]) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in facts:
        if value:
            table.add_row(name, plain(value))
    return table


def _list(title: str, items: Sequence[str]) -> list[RenderableType]:
    if not items:
        return []
    return [Text(f"{title}:"), *(plain(f"  {number}. {item}") for number, item in enumerate(items, 1))]
