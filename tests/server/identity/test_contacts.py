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
        ("a@xn--e1afmkfd.xn--p1ai", "a@пример.рф"),
        ("a@ПРИМЕР.РФ", "a@пример.рф"),
        ("a@bücher.example.de", "a@bücher.example.de"),
        ("a@xn--bcher-kva.example.de", "a@bücher.example.de"),
        # Decomposed letters are the same letters.
        ("a@bu\u0308cher.example.de", "a@bücher.example.de"),
        ("И\u0306оня@пример.рф", "йоня@пример.рф"),
        # A tag or a dot may lead to another box: they are kept.
        ("Vera+Diary@example.org", "vera+diary@example.org"),
        ("vera.p@example.org", "vera.p@example.org"),
        ("8-900-000-01-03", "+79000000103"),
        ("8 900 000 01 03", "+79000000103"),
        ("89000000103", "+79000000103"),
        ("7 (900) 000 01 03", "+79000000103"),
        ("(900) 000-01-03", "+79000000103"),
        ("+375 29 123-45-67", "+375291234567"),
        ("+7 701 000 00 00", "+77010000000"),
        ("+49 151 23456789", "+4915123456789"),
        ("+1 212-555-0123", "+12125550123"),
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
        "a@пример..рф",
        "a@-пример.рф",
        "a@xn--a.рф",
        "a b@пример.рф",
        "00375291234567",
        "+375",
        "+999 12 345 67 89",
        "+79000000103+79000000104",
        "9000000103x",
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
        (ContactKind.EMAIL, "йоня@пример.рф", "й***@пример.рф"),
    ],
)
def test_masks_all_but_a_little(contacts, kind, value, mask):
    assert contacts.mask(Contact(kind, value)) == mask


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("vera+diary@example.org", "vera@example.org"),
        ("vera.p@example.org", "verap@example.org"),
        ("+79000000103", "+77000000103"),
        ("a@пример.рф", "а@пример.рф"),  # Latin and Cyrillic
    ],
)
def test_keeps_apart_what_may_be_two_contacts(contacts, one, other):
    assert contacts.parse(one) != contacts.parse(other)


def test_finds_the_same_form_of_what_it_has_found(contacts):
    for typed in ("8 (900) 000-01-03", "A@XN--E1AFMKFD.XN--P1AI", "Vera+Diary@Example.ORG", "+375 29 123-45-67"):
        found = contacts.parse(typed)
        assert contacts.parse(found.value) == found
