"""The simulator in somebody else's tests: started in a thread or attached to, with nothing but itself installed."""

from idp_mock.testing.control import Control, ControlFailed
from idp_mock.testing.person import Person, Redirect, SignInFailed
from idp_mock.testing.providers import Providers
from idp_mock.testing.world import Clock, FamilyOf, Faults, Journal, World

__all__ = [
    "Clock",
    "Control",
    "ControlFailed",
    "FamilyOf",
    "Faults",
    "Journal",
    "Person",
    "Providers",
    "Redirect",
    "SignInFailed",
    "World",
]
