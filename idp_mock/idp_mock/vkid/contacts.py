"""Phones and e-mail addresses as people type them and as VK ID shows them."""

import re

EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,255}")
PHONE = re.compile(r"\+[1-9][0-9]{9,14}")


def normal(text: str) -> str | None:
    """Returns `+79…` or the e-mail address in lower case, None if it is neither.

    Spaces, dashes and brackets in phones are dropped; `8…` and `7…` of eleven digits are Russian numbers.
    """
    text = text.strip()
    if "@" in text:
        return text.casefold() if EMAIL.fullmatch(text) else None
    phone = re.sub(r"[\s()\-\u2010-\u2015]", "", text)
    if re.fullmatch(r"[78][0-9]{10}", phone):
        phone = "+7" + phone[1:]
    return phone if PHONE.fullmatch(phone) else None


def masked(contact: str) -> str:
    """A contact as the pages show it to who holds the browser: enough to recognise, too little to learn."""
    if "@" in contact:
        return masked_email(contact)
    return f"{contact[:2]} *** *** ** {contact[-2:]}"


def masked_email(email: str) -> str:
    """First two letters, then `***@` and the domain: observed in answers of `public_info`."""
    name, _, domain = email.partition("@")
    return f"{name[:2]}***@{domain}"


def digits(phone: str) -> str:
    """A phone as `user_info` gives it: digits with the country code, without the plus."""
    return phone.lstrip("+")
