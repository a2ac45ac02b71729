"""Worlds of the simulator: what stands in a world file, and what happens in a world. Knows no web framework."""

from idp_mock.world.clock import Clock
from idp_mock.world.errors import WorldError, WorldErrors
from idp_mock.world.esia_schema import (
    EsiaAccount,
    EsiaAddress,
    EsiaBranch,
    EsiaConsent,
    EsiaConsentScope,
    EsiaContact,
    EsiaDocument,
    EsiaGroup,
    EsiaOrganisation,
    EsiaOrganisationContact,
    EsiaRole,
    EsiaVehicle,
)
from idp_mock.world.faults import Fault, FaultKind, Faults
from idp_mock.world.files import Contents, check_file, load_file
from idp_mock.world.inbox import Inbox, Message
from idp_mock.world.index import address
from idp_mock.world.live_document import AlreadyExists, NotFound
from idp_mock.world.loader import dump, json_schema, load_document
from idp_mock.world.patch import merge_patch
from idp_mock.world.refusals import Provider, Refusal, Refusals
from idp_mock.world.schema import (
    EsiaClient,
    Person,
    Settings,
    VkClient,
    WorldFile,
    is_loopback,
)
from idp_mock.world.snapshot import OtherVersion, SnapshotError
from idp_mock.world.template import Template
from idp_mock.world.vk_schema import VkError, VkLogin, VkProfile
from idp_mock.world.world import World
from idp_mock.world.worlds import Worlds

__all__ = [
    "AlreadyExists",
    "Clock",
    "Contents",
    "EsiaAccount",
    "EsiaAddress",
    "EsiaBranch",
    "EsiaClient",
    "EsiaConsent",
    "EsiaConsentScope",
    "EsiaContact",
    "EsiaDocument",
    "EsiaGroup",
    "EsiaOrganisation",
    "EsiaOrganisationContact",
    "EsiaRole",
    "EsiaVehicle",
    "Fault",
    "FaultKind",
    "Faults",
    "Inbox",
    "Message",
    "NotFound",
    "OtherVersion",
    "Person",
    "Provider",
    "Refusal",
    "Refusals",
    "Settings",
    "SnapshotError",
    "Template",
    "VkClient",
    "VkError",
    "VkLogin",
    "VkProfile",
    "World",
    "WorldError",
    "WorldErrors",
    "WorldFile",
    "Worlds",
    "address",
    "check_file",
    "dump",
    "is_loopback",
    "json_schema",
    "load_document",
    "load_file",
    "merge_patch",
]
