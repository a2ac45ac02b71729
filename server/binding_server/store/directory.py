# ruff: noqa: S608 - statements are put together from names of our own, never from input
"""Reads of the directory: persons, accounts and what stands around them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date

from binding_server.domain.model import Account, AccountContext, Duty, DutyKind, Person, Policy, Role, SchoolClass
from binding_server.store.connection import Connection, Row

ACCOUNT = "a.id, a.person_id, a.role, a.closed"

PERSON_BY_OID = "SELECT id, esia_oid, display_name FROM person WHERE esia_oid = :oid"
BIRTH_DATE = "SELECT birth_date FROM person WHERE id = :id"
PERSONS = "SELECT id, esia_oid, display_name FROM person WHERE id IN (:members)"
ACCOUNT_BY_ID = f"SELECT {ACCOUNT} FROM account a WHERE a.id = :id"
ACCOUNTS_BY_ID = f"SELECT {ACCOUNT} FROM account a WHERE a.id IN (:members)"
ACCOUNTS_OF_PERSON = f"SELECT {ACCOUNT} FROM account a WHERE a.person_id = :person_id ORDER BY a.id"
ACCOUNTS_OF_PERSONS = "SELECT id FROM account WHERE person_id IN (:members)"
GUARDIANS_OF = "SELECT DISTINCT guardian_id FROM guardianship WHERE valid_to IS NULL AND pupil_id IN (:members)"

OF_ORGANISATION = """
    SELECT a.id FROM account a
    JOIN enrolment e ON e.person_id = a.person_id AND e.valid_to IS NULL
    JOIN school_class c ON c.id = e.class_id
    WHERE c.organisation_id = :organisation_id AND a.role = 'PUPIL'
    UNION
    SELECT a.id FROM account a
    JOIN guardianship g ON g.guardian_id = a.person_id AND g.valid_to IS NULL
    JOIN enrolment e ON e.person_id = g.pupil_id AND e.valid_to IS NULL
    JOIN school_class c ON c.id = e.class_id
    WHERE c.organisation_id = :organisation_id AND a.role IN ('PARENT', 'LEGAL_REPRESENTATIVE')
    UNION
    SELECT a.id FROM account a
    JOIN duty d ON d.person_id = a.person_id AND d.valid_to IS NULL
    WHERE d.organisation_id = :organisation_id AND a.role = 'STAFF'
"""
"""Ids of the accounts that an organisation's enrolments, guardianships and duties give."""

CLASS = "c.id AS class_id, c.organisation_id, c.year, c.display_name"
CLASSES_OF_PUPILS = f"""
    SELECT e.person_id, {CLASS} FROM enrolment e JOIN school_class c ON c.id = e.class_id
    WHERE e.valid_to IS NULL AND e.person_id IN (:members)
"""
CLASSES_OF_GUARDIANS = f"""
    SELECT g.guardian_id AS person_id, {CLASS} FROM guardianship g
    JOIN enrolment e ON e.person_id = g.pupil_id AND e.valid_to IS NULL
    JOIN school_class c ON c.id = e.class_id
    WHERE g.valid_to IS NULL AND g.guardian_id IN (:members)
"""
CLASSES_OF_STAFF = f"""
    SELECT d.person_id, {CLASS} FROM duty d JOIN school_class c ON c.id = d.class_id
    WHERE d.valid_to IS NULL AND d.kind = 'CLASS_TEACHER' AND d.person_id IN (:members)
"""
DUTIES = """
    SELECT person_id, organisation_id, kind, class_id FROM duty
    WHERE valid_to IS NULL AND person_id IN (:members) ORDER BY person_id, organisation_id, kind, class_id
"""
GUARDIANS = "SELECT pupil_id, guardian_id FROM guardianship WHERE valid_to IS NULL AND pupil_id IN (:members)"
PUPILS = """
    SELECT g.guardian_id, g.pupil_id, a.id AS account_id FROM guardianship g
    LEFT JOIN account a ON a.person_id = g.pupil_id AND a.role = 'PUPIL'
    WHERE g.valid_to IS NULL AND g.guardian_id IN (:members)
"""
ORGANISATIONS = """
    SELECT o.id, o.kind, o.municipality_id, m.policy FROM organisation o JOIN municipality m ON m.id = o.municipality_id
    WHERE o.id IN (:members)
"""
MUNICIPALITY_OF = "SELECT municipality_id FROM organisation WHERE id = :id"
ACTIVE_BINDINGS = "SELECT account_id, id FROM binding WHERE state = 'ACTIVE' AND account_id IN (:members)"


def person_by_oid(connection: Connection, oid: int) -> Person | None:
    """Returns the person who has that ESIA account."""
    row = connection.one(PERSON_BY_OID, oid=oid)
    return None if row is None else _person(row)


def birth_date_of(connection: Connection, person_id: str) -> date | None:
    """Returns a person's date of birth, if a roster has told one that there is."""
    row = connection.one(BIRTH_DATE, id=person_id)
    try:
        return date.fromisoformat(row["birth_date"]) if row and row["birth_date"] else None
    except ValueError:
        # The contract takes 2015-02-31.
        return None


def account(connection: Connection, account_id: str) -> AccountContext | None:
    """Returns an account with what stands around it."""
    row = connection.one(ACCOUNT_BY_ID, id=account_id)
    return None if row is None else _contexts(connection, [row])[0]


def accounts_by_id(connection: Connection, account_ids: Collection[str]) -> Mapping[str, AccountContext]:
    """Returns accounts with what stands around them."""
    rows = connection.among(ACCOUNTS_BY_ID, set(account_ids))
    return {context.account.id: context for context in _contexts(connection, rows)}


def accounts_of(connection: Connection, person_id: str) -> Sequence[AccountContext]:
    """Returns all accounts of a person, by id."""
    return _contexts(connection, connection.all(ACCOUNTS_OF_PERSON, person_id=person_id))


def accounts_of_persons(connection: Connection, person_ids: Collection[str]) -> Sequence[str]:
    """Returns the ids of all accounts of persons, in order."""
    return sorted(row["id"] for row in connection.among(ACCOUNTS_OF_PERSONS, set(person_ids)))


def guardians_of(connection: Connection, pupil_ids: Collection[str]) -> Sequence[str]:
    """Returns the ids of all persons who represent any of these pupils, in order."""
    return sorted({row["guardian_id"] for row in connection.among(GUARDIANS_OF, set(pupil_ids))})


def duties_of(connection: Connection, person_id: str) -> Sequence[Duty]:
    """Returns what a person does as a member of staff now."""
    return [_duty(row) for row in connection.among(DUTIES, [person_id])]


def municipality_of(connection: Connection, organisation_id: str) -> str | None:
    """Returns the municipality in which an organisation lies."""
    row = connection.one(MUNICIPALITY_OF, id=organisation_id)
    return None if row is None else row["municipality_id"]


def _contexts(connection: Connection, rows: Sequence[Row]) -> list[AccountContext]:
    """Reads the surroundings of several accounts with one statement for each kind of fact."""
    accounts = [_account(row) for row in rows]
    holders = {account.person_id for account in accounts}
    staff = {account.person_id for account in accounts if account.role is Role.STAFF}
    classes = {
        Role.PUPIL: _classes(connection, CLASSES_OF_PUPILS, _holders(accounts, Role.PUPIL)),
        Role.PARENT: _classes(
            connection, CLASSES_OF_GUARDIANS, _holders(accounts, Role.PARENT, Role.LEGAL_REPRESENTATIVE)
        ),
        Role.STAFF: _classes(connection, CLASSES_OF_STAFF, staff),
    }
    classes[Role.LEGAL_REPRESENTATIVE] = classes[Role.PARENT]
    persons = {row["id"]: _person(row) for row in connection.among(PERSONS, holders)}
    duties: defaultdict[str, list[Duty]] = defaultdict(list)
    for row in connection.among(DUTIES, staff):
        duties[row["person_id"]].append(_duty(row))
    guardians: defaultdict[str, set[str]] = defaultdict(set)
    for row in connection.among(GUARDIANS, holders):
        guardians[row["pupil_id"]].add(row["guardian_id"])
    pupils: defaultdict[str, set[str]] = defaultdict(set)
    pupil_accounts: defaultdict[str, set[str]] = defaultdict(set)
    for row in connection.among(PUPILS, holders):
        pupils[row["guardian_id"]].add(row["pupil_id"])
        if row["account_id"] is not None:
            pupil_accounts[row["guardian_id"]].add(row["account_id"])
    bound = {
        row["account_id"]: row["id"] for row in connection.among(ACTIVE_BINDINGS, [account.id for account in accounts])
    }
    places = {
        account.id: frozenset(found.organisation_id for found in classes[account.role][account.person_id])
        | (
            frozenset(duty.organisation_id for duty in duties[account.person_id])
            if account.role is Role.STAFF
            else frozenset[str]()
        )
        for account in accounts
    }
    organisations = {
        row["id"]: row for row in connection.among(ORGANISATIONS, frozenset[str]().union(*places.values()))
    }
    return [
        AccountContext(
            account=account,
            person=persons[account.person_id],
            classes=tuple(classes[account.role][account.person_id]),
            organisations=places[account.id],
            organisation_kinds=frozenset(organisations[place]["kind"] for place in places[account.id]),
            municipalities=frozenset(organisations[place]["municipality_id"] for place in places[account.id]),
            policies=frozenset(Policy(organisations[place]["policy"]) for place in places[account.id]),
            duties=tuple(duties[account.person_id]) if account.role is Role.STAFF else (),
            guardians=frozenset(guardians[account.person_id]),
            pupils=frozenset(pupils[account.person_id]),
            pupil_accounts=tuple(sorted(pupil_accounts[account.person_id])),
            active_binding_id=bound.get(account.id),
        )
        for account in accounts
    ]


def _holders(accounts: Iterable[Account], *roles: Role) -> set[str]:
    return {account.person_id for account in accounts if account.role in roles}


def _classes(connection: Connection, sql: str, person_ids: Collection[str]) -> defaultdict[str, list[SchoolClass]]:
    """Returns the classes of each person: each once, by year and name."""
    found: defaultdict[str, dict[str, SchoolClass]] = defaultdict(dict)
    for row in connection.among(sql, person_ids):
        found[row["person_id"]][row["class_id"]] = school_class(row)
    return defaultdict(
        list, {person_id: sorted(classes.values(), key=class_order) for person_id, classes in found.items()}
    )


def school_class(row: Row) -> SchoolClass:
    """Returns the class of a row with `class_id` and the class's columns."""
    return SchoolClass(row["class_id"], row["organisation_id"], row["year"], row["display_name"])


def class_order(school_class: SchoolClass) -> tuple[int, int, str, str]:
    """Sorts classes by year and name, with 5А before 10А."""
    name = school_class.display_name
    digits = name[: len(name) - len(name.lstrip("0123456789"))]
    return school_class.year, int(digits or 0), name, school_class.id


def _person(row: Row) -> Person:
    return Person(row["id"], row["esia_oid"], row["display_name"])


def _account(row: Row) -> Account:
    return Account(row["id"], row["person_id"], Role(row["role"]), bool(row["closed"]))


def _duty(row: Row) -> Duty:
    return Duty(row["person_id"], row["organisation_id"], DutyKind(row["kind"]), row["class_id"])
