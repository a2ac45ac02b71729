"""The worlds of the story."""

import copy
from collections.abc import Mapping
from typing import Any


def lenient(document: Mapping[str, Any]) -> dict[str, Any]:
    """Returns a copy of a world in which every municipality keeps the lenient policy, as life is today."""
    changed = copy.deepcopy(dict(document))
    for municipality in changed["municipalities"]:
        municipality["ownership_policy"] = "LENIENT"
    return changed
