"""Normal forms and masks of phone numbers and e-mail addresses."""

import re

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from phonenumbers import PhoneNumberType

from binding_server.domain.model import Contact, ContactKind

_REGION = "RU"
_PHONE = re.compile(r"\+?[0-9 \u00a0()./\u2010-\u2015-]{3,40}")
_AROUND = re.compile(
    r"^[\s\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+|[\s\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+$"
)
"""Blanks, and the invisible marks of writing direction that phones put around a number when it is copied."""
_PERSONAL_TYPES = (
    PhoneNumberType.MOBILE,
    PhoneNumberType.FIXED_LINE,
    PhoneNumberType.FIXED_LINE_OR_MOBILE,
    PhoneNumberType.PERSONAL_NUMBER,
)
_LONGEST = 320


class ContactForms:
    """Russian phone numbers in any usual spelling, foreign ones with their country code, e-mail addresses of any
    alphabet. Implements the port `Contacts`."""

    def parse(self, text: str) -> Contact:
        """Returns the normal form: `+79000000103`, or a lower-case address with its domain in its own alphabet.

        Raises:
            ValueError: neither a mobile or landline number that can exist nor an address; the text is not repeated.
        """
        text = _AROUND.sub("", text)
        if not text or len(text) > _LONGEST:
            raise ValueError("empty or too long for a contact")
        if "@" in text:
            return Contact(ContactKind.EMAIL, _address(text))
        return Contact(ContactKind.PHONE, _number(text))

    def mask(self, contact: Contact) -> str:
        """Returns `+7 *** *** ** 03` or `v***@example.org`."""
        if contact.kind is ContactKind.EMAIL:
            name, _, domain = contact.value.rpartition("@")
            return f"{name[:1]}***@{domain}"
        country = phonenumbers.parse(contact.value).country_code
        return f"+{country} *** *** ** {contact.value[-2:]}"


def _address(text: str) -> str:
    try:
        return validate_email(text, check_deliverability=False).normalized.lower()
    except EmailNotValidError:
        raise ValueError("not an e-mail address") from None


def _number(text: str) -> str:
    if not _PHONE.fullmatch(text):
        raise ValueError("not a phone number")
    try:
        number = phonenumbers.parse(text, _REGION)
    except phonenumbers.NumberParseException:
        raise ValueError("not a phone number") from None
    if not phonenumbers.is_valid_number(number) or phonenumbers.number_type(number) not in _PERSONAL_TYPES:
        raise ValueError("not a mobile or landline number")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
