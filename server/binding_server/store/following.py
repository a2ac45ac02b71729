"""ACTIVE bindings within a scope, for snapshots, and the bindings of a municipality: found by where they are, never by
reading all there are."""

from collections.abc import Mapping, Sequence

from binding_server.domain.model import Binding, BindingState, Diagnosis
from binding_server.domain.watching import Move, Reach, Scope, sight
from binding_server.store.bindings import BINDING, binding_of, bindings_by_id
from binding_server.store.connection import Connection
from binding_server.store.places import places_of_bindings
from binding_server.store.vault import Vault
from binding_server.use_cases.event_ports import SnapshotPage
from binding_server.use_cases.records import BindingFilter

ALL_ACTIVE = "SELECT id FROM binding WHERE state = 'ACTIVE' AND id > :after ORDER BY id LIMIT :limit"
OF_ACCOUNTS = "SELECT id FROM binding WHERE state = 'ACTIVE' AND id > :after AND account_id IN (:members)"
WITHIN = """
    SELECT binding_id AS id FROM binding_place
    WHERE {column} = :place AND active = true AND binding_id > :after ORDER BY binding_id LIMIT :limit
"""
OF_ORGANISATION = WITHIN.format(column="organisation_id")
OF_MUNICIPALITY = WITHIN.format(column="municipality_id")
STILL_ACTIVE = f"{BINDING} WHERE b.state = 'ACTIVE' AND b.id IN (:members)"

LIST = """
    SELECT DISTINCT binding_id AS id FROM binding_place
    WHERE municipality_id = :municipality_id AND active = :active {more} AND binding_id < :before
    ORDER BY binding_id DESC LIMIT :limit
"""
LIST_ALL = LIST.format(more="")
LIST_DIAGNOSED = LIST.format(more="AND diagnosis = :diagnosis")
COUNT = """
    SELECT diagnosis, count(DISTINCT binding_id) AS bindings FROM binding_place
    WHERE municipality_id = :municipality_id AND active = true GROUP BY diagnosis
"""
BEYOND_ALL_IDS = "~"
"""Sorts behind every id."""


def snapshot_bindings(
    connection: Connection, vault: Vault, scope: Scope, after: str | None, limit: int
) -> SnapshotPage:
    """Returns ACTIVE bindings within a scope, by id, after an id."""
    ids = _candidates(connection, scope, after or "", limit)
    found = [binding_of(row, vault) for row in connection.among(STILL_ACTIVE, ids)]
    places = places_of_bindings(connection, ids)
    within = [each for each in found if sight(scope, each.account_id, places[each.id]) is Move.WITHIN]
    return SnapshotPage(sorted(within, key=lambda each: each.id), ids[-1] if len(ids) == limit else None)


def list_of_municipality(connection: Connection, vault: Vault, wanted: BindingFilter) -> Sequence[Binding]:
    """Returns the bindings of a municipality that a filter asks for, by id, which is by age, the newest first."""
    active = {BindingState.ACTIVE: (1,), BindingState.UNBOUND: (0,), None: (1, 0)}[wanted.state]
    sql = LIST_ALL if wanted.diagnosis is None else LIST_DIAGNOSED
    values: dict[str, str | int] = {
        "municipality_id": wanted.municipality_id or "",
        "before": wanted.before or BEYOND_ALL_IDS,
        "limit": wanted.limit,
    }
    if wanted.diagnosis is not None:
        values["diagnosis"] = wanted.diagnosis
    ids = {row["id"] for state in active for row in connection.all(sql, active=state, **values)}
    newest = sorted(ids, reverse=True)[: wanted.limit]
    found = bindings_by_id(connection, vault, newest)
    return [found[binding_id] for binding_id in newest]


def count_of_municipality(connection: Connection, municipality_id: str) -> Mapping[Diagnosis, int]:
    """Returns how many ACTIVE bindings of a municipality have which diagnosis."""
    rows = connection.all(COUNT, municipality_id=municipality_id)
    return {Diagnosis(row["diagnosis"]): row["bindings"] for row in rows}


def _candidates(connection: Connection, scope: Scope, after: str, limit: int) -> list[str]:
    """Returns ids of bindings that one of the reaches holds, the narrowest; what the others say is asked after that."""
    if not scope:
        return [row["id"] for row in connection.all(ALL_ACTIVE, after=after, limit=limit)]
    reach = min(scope, key=_breadth)
    # The first of all are among the first of each.
    found = {row["id"] for row in connection.among(OF_ACCOUNTS, sorted(reach.accounts), after=after)}
    for sql, places in ((OF_ORGANISATION, reach.organisations), (OF_MUNICIPALITY, reach.municipalities)):
        for place in places:
            found.update(row["id"] for row in connection.all(sql, place=place, after=after, limit=limit))
    return sorted(found)[:limit]


def _breadth(reach: Reach) -> tuple[int, int, int]:
    return len(reach.municipalities), len(reach.organisations), len(reach.accounts)
