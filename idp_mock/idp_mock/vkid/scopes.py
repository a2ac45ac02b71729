"""The scopes that VK ID knows, and what each unlocks."""

PERSONAL_INFO = "vkid.personal_info"
PHONE = "phone"
EMAIL = "email"

API_SCOPES = frozenset(
    (
        *("friends", "wall", "groups", "stories", "docs", "photos", "ads"),
        *("video", "status", "market", "pages", "notifications", "stats", "notes"),
    )
)
"""Scopes of the VK API. VK gives them on request only; here every application may ask for them."""

KNOWN = API_SCOPES | {PERSONAL_INFO, PHONE, EMAIL}

TITLES = {
    PERSONAL_INFO: "Имя, фамилия, фото, пол и дата рождения",
    PHONE: "Номер телефона",
    EMAIL: "Адрес электронной почты",
}
API_TITLE = "Доступ к разделу VK API «{}»"
"""What the consent page calls a scope; API scopes are shown by their name."""


def parse(text: str | None) -> tuple[str, ...]:
    """Splits a `scope` parameter, keeping the order and dropping repeats.

    An absent or empty parameter means `vkid.personal_info`: so the documentation, and VK's iOS SDK sends it empty.
    """
    return tuple(dict.fromkeys((text or "").split())) or (PERSONAL_INFO,)
