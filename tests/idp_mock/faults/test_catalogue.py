"""The catalogue of faults."""

from idp_mock.faults.catalogue import CATALOGUE
from idp_mock.world import FaultKind
from sferum.simulator.v1 import control_service_pb2 as pb

from .render import DOCUMENT, render


def test_it_has_every_kind_of_the_wire() -> None:
    names = {name.removeprefix("FAULT_KIND_") for name, _ in pb.FaultKind.items()} - {"UNSPECIFIED"}

    assert {kind.name for kind in FaultKind} == names == {kind.name for kind in CATALOGUE}


def test_it_is_what_the_docs_say() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == render()
