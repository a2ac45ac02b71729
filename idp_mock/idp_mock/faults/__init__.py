"""How armed faults strike: on the way to a provider, on its answer, on its tokens, and in its world."""

from idp_mock.faults.dialect import Asked, Dialect
from idp_mock.faults.gate import FaultGate

__all__ = ["Asked", "Dialect", "FaultGate"]
