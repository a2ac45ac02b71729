"""The world file: what may stand in it, as pydantic models.

Unknown keys are errors. Keys of persons, organisations and so on are ASCII, at most 100 characters. What one object
says about another (duplicates, references) is checked in `checks`, so that every fault is found in one run.
"""

import re
from datetime import date
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from idp_mock.world.esia_schema import EsiaAccount, EsiaConsent, EsiaOrganisation
from idp_mock.world.fields import Contact, Id, Model, Oid, Text
from idp_mock.world.vk_schema import HttpStatus, VkEndpoint, VkError, VkLogin

_LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})
_UNCLEAR = re.compile(r"[\x00-\x20\x7f\\#]")


class Municipality(Model):
    """A municipality, which sets how contact ownership is judged."""

    id: Id = Field(description="Key of the municipality.")
    name: Text = Field(description="Name as people read it.")
    ownership_policy: Literal["STRICT", "LENIENT", "ROLE_ONLY"] = Field(
        default="STRICT", description="How strictly the binding service judges whose contact and profile it is."
    )


class Organisation(Model):
    """A school or college."""

    id: Id = Field(description="Key of the organisation.")
    municipality: Id = Field(description="Key of its municipality.")
    name: Text = Field(description="Name as people read it.")
    kind: Literal["SCHOOL", "COLLEGE", "OTHER"] = Field(default="SCHOOL", description="What it is.")


class SchoolClass(Model):
    """A class of one school year."""

    id: Id = Field(description="Key of the class.")
    organisation: Id = Field(description="Key of its organisation.")
    year: int = Field(ge=2000, le=2200, description="Year in which its school year begins.")
    name: Annotated[str, StringConstraints(min_length=1, max_length=50)] = Field(description="Name such as 5А.")


class Name(Model):
    """A person's name."""

    last: Text = Field(description="Family name.")
    first: Text = Field(description="Given name.")
    middle: Text | None = Field(default=None, description="Patronymic, if there is one.")

    def __str__(self) -> str:
        """`Last First Middle`."""
        return " ".join(part for part in (self.last, self.first, self.middle) if part)


class Enrolment(Model):
    """A pupil's place in a class."""

    school_class: Id = Field(alias="class", description="Key of the class.")
    ended: bool = Field(default=False, description="The pupil has left the class.")


def _enrolment(value: Any) -> Any:
    return {"class": value} if isinstance(value, str) else value


class Account(Model):
    """An account of the e-diary. Without a list of accounts they follow from enrolments, guardianships and duties."""

    id: Id | None = Field(default=None, description="Key; `{person}-{role}` in lower case with dashes if not set.")
    role: Literal["PUPIL", "PARENT", "LEGAL_REPRESENTATIVE", "STAFF"] = Field(description="In which role.")
    closed: bool = Field(default=False, description="The account is closed.")


class Duty(Model):
    """What a member of staff does in an organisation."""

    kind: Literal["TEACHER", "CLASS_TEACHER", "OPERATOR"] = Field(description="Which duty.")
    organisation: Id = Field(description="Key of the organisation.")
    school_class: Id | None = Field(
        default=None, alias="class", description="Key of the class; CLASS_TEACHER needs it."
    )
    ended: bool = Field(default=False, description="The duty has ended.")

    @model_validator(mode="after")
    def _class_teacher_has_a_class(self) -> "Duty":
        if self.kind == "CLASS_TEACHER" and self.school_class is None:
            raise ValueError("a CLASS_TEACHER needs `class`")
        return self


class Person(Model):
    """A person with the accounts that the person has anywhere."""

    id: Id = Field(description="Key of the person.")
    name: Name = Field(description="The name.")
    gender: Literal["M", "F"] = Field(description="M or F.")
    birth_date: date = Field(description="Date of birth.")
    enrolments: list[Annotated[Enrolment, BeforeValidator(_enrolment, json_schema_input_type=str | Enrolment)]] = Field(
        default_factory=list, description="Classes of a pupil: a key, or `{class, ended}`."
    )
    accounts: list[Account] | None = Field(default=None, description="Accounts of the e-diary; derived if not set.")
    duties: list[Duty] = Field(default_factory=list, description="Duties of a member of staff.")
    recorded_contacts: list[Contact] = Field(default_factory=list, description="Contacts that the school recorded.")
    esia: EsiaAccount | None = Field(default=None, description="The account at ESIA, if there is one.")
    vk_id: list[VkLogin] = Field(default_factory=list, description="The logins at VK ID.")


class Guardianship(Model):
    """Who is responsible for a pupil."""

    guardian: Id = Field(description="Key of the adult.")
    pupil: Id = Field(description="Key of the child.")
    kind: Literal["PARENT", "LEGAL_REPRESENTATIVE"] = Field(description="Parent or legal representative.")
    ended: bool = Field(default=False, description="It has ended.")


class Client(Model):
    """What OAuth clients of both providers have."""

    name: Text = Field(description="Name as people read it on the consent page.")
    redirect_uris: list[Text] = Field(default_factory=list, description="Registered redirect URIs.")
    loopback_redirects: bool = Field(
        default=False, description="Any http redirect URI on 127.0.0.1, localhost or [::1] is registered."
    )

    def allows_redirect(self, uri: str) -> bool:
        """Whether `uri` is registered: listed exactly, or a loopback address if those are allowed."""
        return uri in self.redirect_uris or (self.loopback_redirects and is_loopback(uri))


class EsiaClient(Client):
    """A system registered at ESIA."""

    mnemonic: Id = Field(description="The system's mnemonic (`client_id`).")
    scopes: list[Text] = Field(description="Scopes that the system may ask for.")
    certificate: str | None = Field(default=None, description="The system's certificate, PEM.")
    signature_mode: Literal["strict", "tolerant", "off"] = Field(
        default="strict", description="How exactly `client_secret` is verified."
    )
    token_algorithm: Literal["RS256", "GOST3410_2012_256"] = Field(
        default="RS256", description="How the tokens of the system are signed."
    )


class VkClient(Client):
    """An application registered at VK ID."""

    app_id: Oid = Field(description="Number of the application (`client_id`).")
    yields: Literal["chooser", "learning", "personal"] = Field(
        default="chooser", description="Which profile an authorization yields when a login has several."
    )
    service_token: Text | None = Field(
        default=None, repr=False, description="Service key; if set, exchanging a code needs it as `service_token`."
    )
    mobile_redirects: bool = Field(
        default=True, description="`vk{app_id}://vk.ru/blank.html`, or of vk.com, with any query is registered."
    )
    v1_tokens: dict[Text, Oid] = Field(
        default_factory=dict, repr=False, description="Old access tokens that can be migrated, with their user_id."
    )

    def allows_redirect(self, uri: str) -> bool:
        """Whether `uri` is registered, or is the mobile application's own."""
        return super().allows_redirect(uri) or self.is_mobile(uri)

    def is_mobile(self, uri: str) -> bool:
        """Whether `uri` leads into the mobile application: VK's iOS SDK adds a query of its own to it."""
        return self.mobile_redirects and bool(
            re.fullmatch(rf"vk{self.app_id}://vk\.(ru|com)/blank\.html(\?[!-~]*)?", uri)
        )


class Clients(Model):
    """OAuth clients of both providers."""

    esia: list[EsiaClient] = Field(default_factory=list, description="Systems registered at ESIA.")
    vk_id: list[VkClient] = Field(default_factory=list, description="Applications registered at VK ID.")


class Settings(Model):
    """How the providers of this world behave. Times in seconds."""

    login_hint: Literal["off", "sign_in", "no_pages"] = Field(
        default="off",
        description="Whether `login_hint` at ESIA and VK ID signs that person in: without the pages before consent, or "
        "without any.",
    )
    one_time_code: Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")] | None = Field(
        default=None, description="The one-time code of every message, such as 000000; chance if not set."
    )
    esia_issuer: Text = Field(default="http://esia.gosuslugi.ru/", description="`iss` of ESIA's tokens.")
    esia_timestamp_skew_s: int = Field(default=300, ge=0, description="How far `timestamp` may be off.")
    esia_code_ttl_s: int = Field(default=120, ge=1, description="Life of an ESIA authorization code.")
    esia_access_ttl_s: int = Field(default=3600, ge=1, description="Life of an ESIA access token.")
    esia_sub: Literal["number", "string"] = Field(
        default="number", description="How an id token writes `sub`: ESIA's way, or for libraries that want a string."
    )
    esia_discovery: bool = Field(
        default=False, description="Publish OpenID discovery and JWKS, which ESIA does not have."
    )
    vk_code_ttl_s: int = Field(default=600, ge=1, description="Life of a VK ID authorization code.")
    vk_access_ttl_s: int = Field(default=3600, ge=1, description="Life of a VK ID access token.")
    vk_refresh_ttl_s: int = Field(default=15552000, ge=1, description="Life of a VK ID refresh token.")
    vk_error_status: HttpStatus = Field(default=200, description="HTTP status of VK ID's error documents.")
    vk_error_statuses: dict[VkEndpoint, HttpStatus] = Field(
        default_factory=dict, description="HTTP status of error documents of single VK ID endpoints."
    )
    vk_error_descriptions: dict[VkError, Text] = Field(
        default_factory=dict,
        description="`error_description` of VK ID's errors by their name here, such as `code` or `client`.",
    )
    vk_refresh_error: Literal["invalid_request", "invalid_grant"] = Field(
        default="invalid_request", description="`error` of a dead refresh token; reports differ."
    )
    vk_id_token_error: Literal["invalid_request", "invalid_id_token"] = Field(
        default="invalid_request", description="`error` of a bad id_token; sources differ."
    )
    vk_id_token_issuer: Literal["iis", "iss", "both"] = Field(
        default="iis", description="Under which name an id_token tells its issuer; sources differ."
    )
    vk_strict_state: bool = Field(
        default=False, description="Demand a state of at least 32 of A-Z a-z 0-9 _ -, as documented."
    )
    vk_strict_verifier: bool = Field(
        default=False, description="Demand a code_verifier of 43 to 128 of A-Z a-z 0-9 _ -, as documented."
    )
    vk_payload: Literal["top_level", "payload", "both"] = Field(
        default="top_level", description="Where a redirect to the client carries the answer."
    )
    vk_refresh_device: Literal["required", "optional"] = Field(
        default="required", description="Whether a refresh needs device_id; a wrong one never passes."
    )
    vk_refresh_reuse: Literal["ends_family", "refused"] = Field(
        default="ends_family", description="What a spent refresh token does that comes again."
    )
    vk_jwks: bool = Field(default=False, description="Publish the key of id tokens at /.well-known/jwks.json.")
    vk_resend_s: int = Field(default=60, ge=0, description="How long to wait for another one-time code of VK ID.")
    vk_require_state: bool = Field(
        default=True, description="Refuse an authorization request without a state; else its echo is empty."
    )
    vk_error_redirect: Literal["described", "bare"] = Field(
        default="described", description="Whether an error redirect has `error_description` and `state` beside `error`."
    )
    vk_redirect_ext_id: bool = Field(default=False, description="Add `ext_id` to redirects with a code, too.")
    vk_code_error: Literal["invalid_grant", "invalid_request"] = Field(
        default="invalid_grant", description="`error` of an unknown, used or expired code; nobody has seen it."
    )
    vk_id_token_ttl_s: int = Field(default=3600, ge=1, description="Life of a VK ID id token.")
    vk_daily_calls: int = Field(
        default=0, ge=0, description="Calls of `/oauth2/*` a day that one address may make; 0: as many as it likes."
    )
    vk_email_registration: Literal["young_pupils", "anybody", "nobody"] = Field(
        default="young_pupils", description="Who may register at VK ID by an e-mail address instead of a phone."
    )


class WorldFile(Model):
    """A world: persons with their accounts at both providers, and the OAuth clients."""

    version: Literal[1] = Field(description="Version of this format.")
    municipalities: list[Municipality] = Field(default_factory=list, description="Municipalities.")
    organisations: list[Organisation] = Field(default_factory=list, description="Organisations.")
    classes: list[SchoolClass] = Field(default_factory=list, description="Classes.")
    persons: list[Person] = Field(default_factory=list, description="Persons.")
    guardianships: list[Guardianship] = Field(default_factory=list, description="Who is responsible for whom.")
    esia_organisations: list[EsiaOrganisation] = Field(
        default_factory=list, description="Organisations with a profile at ESIA."
    )
    esia_consents: list[EsiaConsent] = Field(default_factory=list, description="Types of consent at ESIA.")
    clients: Clients = Field(default_factory=Clients, description="OAuth clients.")
    settings: Settings = Field(default_factory=Settings, description="How the providers behave.")


def is_loopback(uri: str) -> bool:
    """Whether `uri` is an http address on this machine, without user information and fragment.

    Signs that browsers read otherwise than this parser does are not taken.
    """
    try:
        parts = urlsplit(uri)
        _ = parts.port
    except ValueError:
        return False
    plain = "@" not in parts.netloc and not _UNCLEAR.search(uri)
    return parts.scheme == "http" and parts.hostname in _LOOPBACK_HOSTS and plain
