"""Normal forms and masks of contacts."""

import pytest
from binding_server.domain.model import Contact, ContactKind


@pytest.mark.parametrize(
    ("typed", "normal"),
    [
        ("+79000000103", "+79000000103"),
        (" 8 (900) 000-01-03 ", "+79000000103"),
        ("9000000103", "+79000000103"),
        ("79000000103", "+79000000103"),
        ("+7(900)0000103", "+79000000103"),
        ("8\u2011900\u2011000\u201101\u201103", "+79000000103"),
        ("+7 343 371-00-00", "+73433710000"),
        ("+380 50 123 45 67", "+380501234567"),
        ("Vera@Example.ORG", "vera@example.org"),
        ("\u202a+7 900 000-01-03\u202c", "+79000000103"),
        ("\u2068+79000000103\u2069 ", "+79000000103"),
        ("\ufeffvera@example.org\u200e\n", "vera@example.org"),
        ("почта@Пример.РФ", "почта@пример.рф"),
        ("A@XN--E1AFMKFD.XN--P1AI", "a@пример.рф"),
    ],
)
def test_finds_the_normal_form(contacts, typed, normal):
    assert contacts.parse(typed).value == normal


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "   ",
        "vera",
        "vera@",
        "@example.org",
        "a b@example.org",
        "x@localhost",
        "112",
        "+7900",
        "+7900000010399",
        "8 800 555 35 35",
        "8-900-000-01-03 доб. 5",
        "звоните 89000000103",
        "٨٩٠٠٠٠٠٠١٠٣",
        "vera@example.org, gleb@example.org",
        "a@" + "x" * 400 + ".org",
        "+79000000103; DROP",
        "\u0000",
        "\u202a\u202c",
        "+7900\u202a0000103",
        "ve\u200bra@example.org",
        "\u202egro.elpmaxe@\u202earev",
    ],
)
def test_refuses_what_is_no_working_contact(contacts, typed):
    with pytest.raises(ValueError):
        contacts.parse(typed)


@pytest.mark.parametrize(
    ("kind", "value", "mask"),
    [
        (ContactKind.PHONE, "+79000000103", "+7 *** *** ** 03"),
        (ContactKind.PHONE, "+380501234567", "+380 *** *** ** 67"),
        (ContactKind.EMAIL, "vera@example.org", "v***@example.org"),
        (ContactKind.EMAIL, "a@example.org", "a***@example.org"),
    ],
)
def test_masks_all_but_a_little(contacts, kind, value, mask):
    assert contacts.mask(Contact(kind, value)) == mask
