"""What a world file tells of ESIA: accounts, organisations, types of consent."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from idp_mock.world.fields import Contact, Id, Model, Oid, Text


class EsiaContact(Model):
    """A contact in a person's ESIA account."""

    type: Literal["MBT", "EML", "PHN", "CEM"] = Field(
        description="MBT mobile, EML e-mail, PHN home phone, CEM work e-mail."
    )
    value: Contact = Field(description="Phone as `+79…`, or e-mail address.")
    verified: bool = Field(default=False, description="ESIA has verified it; only MBT and EML can be.")
    new_value: Contact | None = Field(default=None, description="A value that is being confirmed in place of this one.")
    code_expired: bool | None = Field(default=None, description="The code that confirms the new value is too old.")

    @model_validator(mode="after")
    def _only_mobile_and_email_are_verified(self) -> Self:
        if self.verified and self.type not in ("MBT", "EML"):
            raise ValueError("only MBT and EML can be verified")
        if (self.type in ("MBT", "PHN")) != self.value.startswith("+"):
            raise ValueError(f"{self.type} needs a {'phone' if self.type in ('MBT', 'PHN') else 'n e-mail address'}")
        return self


class EsiaAddress(Model):
    """An address in a person's or an organisation's ESIA account."""

    type: Literal["PRG", "PLV", "OPS", "OLG"] = Field(
        default="PRG", description="PRG registration, PLV residence; of organisations OPS postal, OLG legal."
    )
    zip_code: Text | None = Field(default=None, description="Postal code.")
    region: Text | None = Field(default=None, description="Region.")
    city: Text | None = Field(default=None, description="City.")
    street: Text | None = Field(default=None, description="Street.")
    house: Text | None = Field(default=None, description="House.")
    area: Text | None = Field(default=None, description="District within the region.")
    district: Text | None = Field(default=None, description="District within the city.")
    settlement: Text | None = Field(default=None, description="Settlement.")
    addition_area: Text | None = Field(default=None, description="Additional area, such as a garden community.")
    addition_area_street: Text | None = Field(default=None, description="Street of the additional area.")
    building: Text | None = Field(default=None, description="Building.")
    frame: Text | None = Field(default=None, description="Block.")
    country: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] = Field(
        default="RUS", description="Country, three letters."
    )
    flat: Text | None = Field(default=None, description="Flat.")
    fias_code: Text | None = Field(default=None, description="Number in the register of addresses, a UUID.")
    text: Text | None = Field(default=None, description="The address in one line; made of the parts if not set.")


class EsiaDocument(Model):
    """A document in a person's ESIA account."""

    type: Literal[
        "RF_PASSPORT",
        "FID_DOC",
        "RF_DRIVING_LICENSE",
        "MLTR_ID",
        "FRGN_PASS",
        "MDCL_PLCY",
        "RF_BRTH_CERT",
        "FID_BRTH_CERT",
        "OLD_BRTH_CERT",
        "BRTH_CERT",
    ] = Field(description="Which document, by ESIA's name of it.")
    series: Text | None = Field(default=None, description="Series.")
    number: Text = Field(description="Number.")
    issue_date: date | None = Field(default=None, description="When it was issued.")
    issue_id: Text | None = Field(default=None, description="Code of who issued it.")
    issued_by: Text | None = Field(default=None, description="Who issued it.")
    expiry_date: date | None = Field(default=None, description="Until when it is valid.")
    first_name: Text | None = Field(default=None, description="Latin given name in a foreign passport.")
    last_name: Text | None = Field(default=None, description="Latin family name in a foreign passport.")
    act_number: Text | None = Field(default=None, description="Number of the act, of a birth certificate.")
    act_date: date | None = Field(default=None, description="Date of the act, of a birth certificate.")
    united_number: Text | None = Field(default=None, description="Single number of a medical policy.")
    medical_org: Text | None = Field(default=None, description="Insurer of a medical policy.")
    verified: bool = Field(default=True, description="ESIA has verified it.")
    verifying: bool = Field(default=False, description="ESIA is verifying it.")
    fms_valid: bool | None = Field(default=None, description="The register of passports knows it as valid.")


class EsiaVehicle(Model):
    """A vehicle in a person's or an organisation's ESIA account."""

    name: Text = Field(description="What it is called.")
    number_plate: Text = Field(description="Number plate.")
    series: Text | None = Field(default=None, description="Series of the registration certificate.")
    number: Text | None = Field(default=None, description="Number of the registration certificate.")


class EsiaRole(Model):
    """A person's place in an organisation at ESIA."""

    organisation: Oid = Field(description="The organisation's number at ESIA (`esia_organisations[].oid`).")
    chief: bool = Field(default=False, description="The person heads it.")
    admin: bool = Field(default=False, description="The person administers its profile.")
    active: bool = Field(default=True, description="The place is taken up.")
    groups: list[Id] = Field(default_factory=list, description="Groups of the organisation that the person is in.")


class EsiaGroup(Model):
    """A group of an organisation's employees, which gives access to a system."""

    id: Id = Field(description="Mnemonic of the group.")
    name: Text = Field(description="Name.")


class EsiaOrganisationContact(Model):
    """A contact of an organisation."""

    type: Literal["OPH", "OFX", "OEM"] = Field(description="OPH phone, OFX fax, OEM e-mail.")
    value: Contact = Field(description="Phone as `+7…`, or e-mail address.")


class EsiaBranch(Model):
    """A branch of an organisation."""

    name: Text = Field(description="Name.")
    kpp: Text | None = Field(default=None, description="Tax registration code.")
    leg: Text | None = Field(default=None, description="Code of its legal form.")
    contacts: list[EsiaOrganisationContact] = Field(default_factory=list, description="Contacts.")
    addresses: list[EsiaAddress] = Field(default_factory=list, description="Addresses.")


class EsiaRegistrationCentre(Model):
    """A centre where an organisation confirms accounts."""

    name: Text = Field(description="Name.")
    address: Text | None = Field(default=None, description="Address in one line.")


class EsiaSystem(Model):
    """A system that an organisation has registered at ESIA."""

    id: Id = Field(description="Mnemonic of the system.")
    name: Text = Field(description="Name.")


class EsiaInvitation(Model):
    """An invitation to join an organisation's profile that nobody has taken up yet."""

    email: Contact = Field(description="Where it was sent.")
    last_name: Text = Field(description="Family name of the invited person.")
    first_name: Text = Field(description="Given name of the invited person.")


class EsiaOrganisation(Model):
    """An organisation with a profile at ESIA. It has nothing to do with the schools of this file."""

    oid: Oid = Field(description="The number by which ESIA knows it.")
    full_name: Text = Field(description="Full name.")
    short_name: Text = Field(description="Short name.")
    type: Literal["LEGAL", "BUSINESS", "AGENCY"] = Field(default="LEGAL", description="What it is.")
    ogrn: Text | None = Field(default=None, description="State registration number.")
    inn: Text | None = Field(default=None, description="Tax number.")
    kpp: Text | None = Field(default=None, description="Tax registration code.")
    leg: Text | None = Field(default=None, description="Code of its legal form.")
    oktmo: Text | None = Field(default=None, description="Code of its municipality.")
    agency_type: Text | None = Field(default=None, description="Type of an agency.")
    agency_ter_range: Text | None = Field(default=None, description="Territory of an agency.")
    contacts: list[EsiaOrganisationContact] = Field(default_factory=list, description="Contacts.")
    addresses: list[EsiaAddress] = Field(default_factory=list, description="Addresses.")
    vehicles: list[EsiaVehicle] = Field(default_factory=list, description="Vehicles.")
    groups: list[EsiaGroup] = Field(default_factory=list, description="Groups of employees.")
    branches: list[EsiaBranch] = Field(default_factory=list, description="Branches.")
    registration_centres: list[EsiaRegistrationCentre] = Field(
        default_factory=list, description="Centres where accounts are confirmed."
    )
    systems: list[EsiaSystem] = Field(default_factory=list, description="Its systems at ESIA.")
    invitations: list[EsiaInvitation] = Field(default_factory=list, description="Open invitations.")


class EsiaConsentScope(Model):
    """What a consent may open."""

    scope: Text = Field(description="The scope.")
    mandatory: bool = Field(default=False, description="It must be asked for.")


class EsiaConsent(Model):
    """A type of consent of the digital profile, as systems ask for it with `permissions`."""

    sysname: Id = Field(description="Its mnemonic.")
    scopes: list[EsiaConsentScope] = Field(default_factory=list, description="What it may open; none: no scopes.")
    actions: list[Id] = Field(default_factory=lambda: ["ALL_ACTIONS_TO_DATA"], description="Mnemonics of actions.")
    purposes: list[Id] = Field(default_factory=list, description="Mnemonics of purposes.")
    one_purpose: bool = Field(default=False, description="Exactly one purpose may be given.")
    max_expire_minutes: int = Field(default=525_600, ge=1, description="The longest consent, in minutes.")


class EsiaAccount(Model):
    """A person's account at ESIA (Gosuslugi)."""

    oid: Oid = Field(description="The number by which ESIA knows the person.")
    login: Annotated[str, StringConstraints(min_length=1, max_length=100)] = Field(description="Login name.")
    password: Annotated[str, StringConstraints(min_length=1, max_length=100)] = Field(
        repr=False, description="Password; for this simulator only."
    )
    snils: Annotated[str, StringConstraints(pattern=r"^\d{3}-\d{3}-\d{3} \d{2}$")] | None = Field(
        default=None, description="Insurance number such as `000-000-600 06`."
    )
    level: Literal["CHILD", "CONFIRMED", "STANDARD", "SIMPLIFIED"] = Field(
        default="CONFIRMED", description="Level of the account."
    )
    contacts: list[EsiaContact] = Field(default_factory=list, description="Contacts in the account.")
    second_factor: bool = Field(default=False, description="A code from the inbox is asked for after the password.")
    inn: Annotated[str, StringConstraints(pattern=r"^\d{12}$")] | None = Field(
        default=None, description="Tax number, 12 digits."
    )
    birth_place: Text | None = Field(default=None, description="Place of birth.")
    citizenship: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] = Field(
        default="RUS", description="Citizenship, three letters."
    )
    self_employed: bool | None = Field(default=None, description="Whether the person is confirmed as self-employed.")
    avatar: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9+/]+={0,2}$", max_length=200_000)] | None = Field(
        default=None, description="Picture of the profile: a PNG or JPEG file in base64."
    )
    verifying: bool = Field(default=False, description="ESIA is verifying the account's data.")
    operator_check: bool | None = Field(default=None, description="An operator is to check the account.")
    addresses: list[EsiaAddress] = Field(default_factory=list, description="Addresses.")
    documents: list[EsiaDocument] = Field(default_factory=list, description="Documents; the first is the main one.")
    vehicles: list[EsiaVehicle] = Field(default_factory=list, description="Vehicles.")
    roles: list[EsiaRole] = Field(default_factory=list, description="Places in organisations.")
