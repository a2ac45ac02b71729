"""The schema, as SQLModel tables by topic. Importing this package knows all of them: `METADATA` is complete."""

from binding_server.store.tables.base import (
    Table,
    micros,
    micros_or_none,
    moment,
    moment_or_none,
)
from binding_server.store.tables.bindings import (
    AttemptRow,
    BindingRow,
    ChatJobRow,
    ChatMembershipRow,
    ClassChatRow,
    SentCodeRow,
)
from binding_server.store.tables.contact_codes import (
    ContactCodeRow,
    ContactConfirmationRow,
    ContactTakenRow,
    LimitUseRow,
)
from binding_server.store.tables.directory import (
    AccountRow,
    ContactUseRow,
    DutyRow,
    EnrolmentRow,
    GuardianshipRow,
    MunicipalityRow,
    OrganisationRow,
    PersonRow,
    SchoolClassRow,
)
from binding_server.store.tables.records import (
    AuditRow,
    DecisionRow,
    EventRow,
    RequestRow,
    ServerMetaRow,
    ServiceJtiRow,
)
from binding_server.store.tables.rosters import RosterFindingRow, RosterRunRow, UnsettledAccountRow
from binding_server.store.tables.tickets import TicketPlaceRow, TicketRow, TicketScreenshotRow
from binding_server.store.tables.visits import AuditPlaceRow, VisitRow
from binding_server.store.tables.watching import BindingPlaceRow, EventPlaceRow

METADATA = Table.metadata

__all__ = [
    "METADATA",
    "AccountRow",
    "AttemptRow",
    "AuditPlaceRow",
    "AuditRow",
    "BindingPlaceRow",
    "BindingRow",
    "ChatJobRow",
    "ChatMembershipRow",
    "ClassChatRow",
    "ContactCodeRow",
    "ContactConfirmationRow",
    "ContactTakenRow",
    "ContactUseRow",
    "DecisionRow",
    "DutyRow",
    "EnrolmentRow",
    "EventPlaceRow",
    "EventRow",
    "GuardianshipRow",
    "LimitUseRow",
    "MunicipalityRow",
    "OrganisationRow",
    "PersonRow",
    "RequestRow",
    "RosterFindingRow",
    "RosterRunRow",
    "SchoolClassRow",
    "SentCodeRow",
    "ServerMetaRow",
    "ServiceJtiRow",
    "Table",
    "TicketPlaceRow",
    "TicketRow",
    "TicketScreenshotRow",
    "UnsettledAccountRow",
    "VisitRow",
    "micros",
    "micros_or_none",
    "moment",
    "moment_or_none",
]
