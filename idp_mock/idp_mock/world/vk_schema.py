"""What a world file tells of VK ID: logins and their profiles."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, model_validator

from idp_mock.world.fields import Email, Id, Model, Oid, Phone, Text

ProfileRole = Literal["PUPIL", "PARENT", "TEACHER", "ADMINISTRATOR"]
Sex = Literal["female", "male"]
VkEndpoint = Literal["/oauth2/auth", "/oauth2/user_info", "/oauth2/public_info", "/oauth2/revoke", "/oauth2/logout"]
VkError = Literal[
    "device_id",
    "verifier",
    "refresh_token",
    "access_token",
    "id_token",
    "client",
    "code",
    "redirect_uri",
    "parameters",
    "grant_type",
    "scope",
    "service_token",
    "user",
    "slow_down",
]
"""What VK ID's errors are called in the settings."""

HttpStatus = Annotated[int, Field(ge=200, le=599)]


class VkProfile(Model):
    """A profile behind a VK login."""

    user_id: Oid = Field(description="VK ID number of the profile.")
    kind: Literal["PERSONAL", "LEARNING"] = Field(description="Personal, or a learning profile of Sferum.")
    roles: list[ProfileRole] = Field(default_factory=list, description="Roles of a learning profile.")
    organisations: list[Id] = Field(default_factory=list, description="Keys of the organisations that it belongs to.")
    organisation_names: list[Text] = Field(
        default_factory=list, description="Organisations that the person named in own words at registration."
    )
    class_names: list[Text] = Field(default_factory=list, description="Classes that the person named at registration.")


class VkShare(Model):
    """What VK ID gives out of a login, if asked and allowed."""

    phone: bool = Field(default=True, description="The phone; false: VK ID never returns it.")
    email: bool = Field(default=True, description="The e-mail address; false: VK ID never returns it.")


class VkLogin(Model):
    """A login at VK ID with its profiles."""

    phone: Phone | None = Field(default=None, description="Phone by which one signs in.")
    email: Email | None = Field(default=None, description="E-mail address by which one signs in.")
    first_name: Text | None = Field(default=None, description="The person's if not set.")
    last_name: Text | None = Field(default=None, description="The person's if not set.")
    sex: Sex | None = Field(default=None, description="The person's if not set.")
    birthday: date | None = Field(default=None, description="The person's if not set.")
    profiles: list[VkProfile] = Field(min_length=1, description="Its profiles.")
    share: VkShare = Field(default_factory=VkShare, description="What VK ID gives out.")

    @model_validator(mode="after")
    def _one_can_sign_in(self) -> "VkLogin":
        if self.phone is None and self.email is None:
            raise ValueError("`phone` or `email` must be set")
        return self

    @property
    def id(self) -> str:
        """What names the login in its world: the phone, else the e-mail address."""
        return self.phone or self.email or ""
