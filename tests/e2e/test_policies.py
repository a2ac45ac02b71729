"""What ROLE_ONLY refuses and LENIENT does not."""

from __future__ import annotations

import pytest
from binding_client import errors

from .acting import active, nothing_claimed, refusal
from .conftest import NewWorld
from .documents import Document

VERAS_PHONE = "+79000000103"


@pytest.mark.rules("D18")
@pytest.mark.parametrize(("policy", "refused"), [("LENIENT", False), ("ROLE_ONLY", True)])
def test_role_only_it_refuses_what_lenient_lets_through(
    new_world: NewWorld, document: Document, policy: str, refused: bool
) -> None:
    for municipality in document["municipalities"]:
        municipality["ownership_policy"] = policy
    anya = new_world(document).person("anya")
    if refused:
        with refusal(errors.VkRoleMismatch, "D18"):
            anya.bind(vk=VERAS_PHONE)
        assert nothing_claimed(anya)
    else:
        anya.bind(vk=VERAS_PHONE)
        assert len(active(anya)) == 1
