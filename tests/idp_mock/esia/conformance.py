"""What is known of ESIA, how surely, where the simulator has it and which test shows it.

`docs/esia-conformance.md` is made of this table: `python tests/idp_mock/esia/conformance.py`.

Marks: `read` in the source of client libraries or in the guidelines; `seen` on the real ESIA by somebody; `measured`
with real clients against a test server; `recalled` without a source; `inferred` by this project; `disputed` if sources
differ.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

DOCUMENT = Path(__file__).parents[3] / "docs" / "esia-conformance.md"
MARKS = ("read", "seen", "measured", "recalled", "inferred", "disputed")


class Fact(NamedTuple):
    """A fact, its mark, the module in `idp_mock/esia` (or `module:symbol`), the test as `file::name`, a setting."""

    text: str
    mark: str
    where: str
    test: str
    setting: str = ""


_AUTHORIZE = "test_authorize"
_TOKEN = "test_token"
_SECRET = "test_client_secret"
_GOST = "test_gost"
_CURRENT = "test_current"
_DATA = "test_data_api"
_MORE = "test_resources"
_CATALOGUE = "test_catalogue"

FACTS: dict[str, list[Fact]] = {
    "Addresses": [
        Fact(
            "`/aas/oauth2/ac` and `/te` are the first version, `/v2/ac` and `/v3/te` the current one",
            "seen",
            "versions.py:CURRENT",
            f"{_CURRENT}::test_a_code_is_exchanged_for_tokens_with_bare_signatures_over_the_strings_of_it",
        ),
        Fact(
            "`/aas/oauth2/v2/te`, `/v3/ac`, `/v3/revoke` are not there",
            "inferred",
            "app.py:esia_app",
            "test_keys::test_addresses_that_no_working_client_uses_are_not_found_in_it",
        ),
        Fact(
            "double and closing slashes in a path do not matter",
            "measured",
            "app.py:_CleanPaths",
            f"{_DATA}::test_double_and_closing_slashes_are_taken_out_of_a_path_with_it",
        ),
        Fact(
            "query and body of a token request are one",
            "read",
            "token.py:_check_form",
            f"{_CURRENT}::test_query_and_body_are_one_request_at_both_versions_of_it",
        ),
        Fact(
            "`/public/esia.zip` holds an RSA and a GOST certificate and a JWK",
            "read",
            "app.py:keys_zip",
            "test_keys::test_the_archive_holds_both_certificates_and_the_key_of_it",
        ),
        Fact(
            "there is neither discovery nor JWKS",
            "read",
            "extras.py:Extras",
            f"{_CURRENT}::test_discovery_is_not_esias_so_it_is_off_until_the_world_has_it",
            "settings.esia_discovery",
        ),
    ],
    "Authorization": [
        Fact(
            "missing parameters are ESIA-007014 with their names in brackets",
            "seen",
            "checks.py:check_mandatory",
            f"{_AUTHORIZE}::test_missing_parameters_are_all_named_in_brackets_and_without_a_state_none_goes_back_with_it",
        ),
        Fact(
            "a refusal goes back as `error_description`, `state`, `error`, in this order",
            "seen",
            "redirects.py:failure",
            f"{_AUTHORIZE}::test_each_fault_of_a_request_goes_back_with_its_code_and_the_journal_explains_it",
        ),
        Fact(
            "an unknown system or a foreign address gets a page, not a redirect",
            "recalled",
            "authorize.py:Authorize",
            f"{_AUTHORIZE}::test_a_foreign_address_gets_no_redirect_but_a_page_about_it",
        ),
        Fact(
            "addresses are registered by domain, any path will do",
            "read",
            "clients.py:allows_redirect",
            f"{_AUTHORIZE}::test_any_path_of_a_registered_domain_is_taken_as_it",
        ),
        Fact(
            "an address keeps its own query",
            "read",
            "redirects.py:_redirect",
            f"{_AUTHORIZE}::test_a_redirect_uri_keeps_its_own_query_when_the_code_is_appended_to_it",
        ),
        Fact(
            "`timestamp` is `yyyy.MM.dd HH:mm:ss Z` and not older or newer than five minutes",
            "inferred",
            "checks.py:check_timestamp",
            f"{_AUTHORIZE}::test_the_timestamp_is_measured_by_the_worlds_clock_and_its_window_is_five_minutes_around_it",
            "settings.esia_timestamp_skew_s",
        ),
        Fact(
            "`state` is a UUID",
            "read",
            "checks.py:check_state",
            f"{_AUTHORIZE}::test_each_fault_of_a_request_goes_back_with_its_code_and_the_journal_explains_it",
            "signature_mode (strict)",
        ),
        Fact(
            "a code is a long JWT and works once",
            "seen",
            "esia.py:give_code",
            f"{_TOKEN}::test_a_code_works_once_and_the_tokens_of_its_first_use_survive_it",
        ),
        Fact(
            "a code lives two minutes",
            "inferred",
            "esia.py:give_code",
            f"{_TOKEN}::test_a_code_lives_two_minutes_by_the_worlds_clock_and_not_longer_than_it",
            "settings.esia_code_ttl_s",
        ),
        Fact(
            "consent is asked once for a system and a set of scopes",
            "recalled",
            "state.py:consented",
            f"{_AUTHORIZE}::test_a_live_session_gives_a_code_at_once_and_consent_is_asked_once_for_it",
        ),
        Fact(
            "`client_certificate_hash` is the Streebog-256 of the DER, upper case; missing 007014, wrong 007053",
            "seen",
            "certificate_hash.py:check_certificate_hash",
            f"{_CURRENT}::test_a_wrong_digest_of_the_certificate_is_refused_and_recognised_at_both_endpoints_of_it",
        ),
        Fact(
            "one library documents SHA-256 instead",
            "disputed",
            "certificate_hash.py:check_certificate_hash",
            f"{_CURRENT}::test_tolerant_takes_another_digest_and_letters_of_either_case_for_it",
            "signature_mode: tolerant",
        ),
        Fact(
            "`code_challenge` with S256; 007039 and 007040 at the exchange",
            "recalled",
            "grants.py:_check_verifier",
            f"{_CURRENT}::test_a_challenge_must_be_proved_and_nothing_else_may_be_proved_by_it",
        ),
        Fact(
            "`person_filter` is `conf_acc`, `acc_kid` or `acc_not_kid`; the codes of its refusals are inferred",
            "read",
            "esia.py:_check_account",
            f"{_CURRENT}::test_a_filter_of_persons_lets_in_whom_it_names_and_nobody_else_by_it",
        ),
        Fact(
            "`scope_org` asks for an organisation's data; who works nowhere gets 007194",
            "read",
            "esia.py:settle",
            f"{_CURRENT}::test_who_works_nowhere_is_refused_if_an_organisations_data_is_asked_with_it",
        ),
        Fact(
            "with several organisations the person chooses one",
            "recalled",
            "signin.py:Organisation",
            f"{_CURRENT}::test_scopes_of_an_organisation_ask_in_whose_name_and_the_token_states_it",
        ),
        Fact(
            "`permissions` is base64url without padding of a JSON array of consents, refused by the 0367xx codes",
            "read",
            "permissions.py:check_permissions",
            f"{_CURRENT}::test_each_fault_of_a_consent_has_its_code_and_nobody_is_asked_for_it",
            "esia_consents of the world",
        ),
        Fact(
            "a consent's scopes carry the data; the token's `permissions` and `permissions_url` are of unknown content",
            "read",
            "claims.py:access_claims",
            f"{_CURRENT}::test_a_consents_scopes_carry_the_data_and_the_token_states_it",
        ),
    ],
    "client_secret": [
        Fact(
            "first version: scope, timestamp, client_id, state",
            "read",
            "signed_string.py:V1",
            f"{_SECRET}::test_every_rsa_container_of_real_clients_is_taken_when_strict_so_they_do_not_notice_it",
        ),
        Fact(
            "`/v2/ac`: client_id, scope, scope_org, timestamp, state, redirect_uri",
            "read",
            "signed_string.py:V2_AC",
            f"{_CURRENT}::test_scope_org_is_part_of_the_string_even_if_nothing_stands_in_it",
        ),
        Fact(
            "`/v3/te`, authorization_code: the same and the code",
            "read",
            "signed_string.py:V3_TE_CODE",
            f"{_CURRENT}::test_the_string_of_another_endpoint_is_refused_and_named_in_it",
        ),
        Fact(
            "`/v3/te`, refresh_token: the string of `/v2/ac`, or client_id, scope, timestamp, state, refresh_token",
            "disputed",
            "versions.py:CURRENT",
            f"{_CURRENT}::test_a_refresh_is_signed_in_either_way_and_the_digest_may_be_left_out_of_it",
            "both are taken",
        ),
        Fact(
            "`/v3/te`, client_credentials: client_id, scope, timestamp, state, redirect_uri",
            "read",
            "signed_string.py:V3_TE_SYSTEM",
            f"{_CURRENT}::test_a_system_gets_a_token_of_its_own_and_it_opens_the_organisation_of_it",
        ),
        Fact(
            "first version: PKCS#7, attached or detached, with or without signed attributes, RSA",
            "measured",
            "container.py:CmsSignature",
            f"{_SECRET}::test_every_rsa_container_of_real_clients_is_taken_when_strict_so_they_do_not_notice_it",
        ),
        Fact(
            "the same with GOST R 34.10-2012",
            "read",
            "suites.py:GostSuite",
            f"{_GOST}::test_every_container_of_openssl_is_taken_at_the_first_version_for_it",
        ),
        Fact(
            "current version: a bare GOST signature, 64 bytes, in openssl's order of bytes",
            "read",
            "gost/signature.py:PublicKey",
            f"{_GOST}::test_a_bare_signature_of_openssl_is_taken_on_every_curve_for_it",
        ),
        Fact(
            "CryptoPro's tools write the bytes in reverse; ESIA does not take that",
            "read",
            "explain.py:_spellings",
            f"{_GOST}::test_another_order_of_bytes_is_refused_and_recognised_in_it",
        ),
        Fact(
            "a bare signature with 512 bits (128 bytes) is taken for such a key",
            "inferred",
            "suites.py:GostSuite",
            f"{_CURRENT}::test_a_signature_with_512_bits_is_taken_like_the_shorter_one_of_it",
        ),
        Fact(
            "either alphabet of base64, any padding, line breaks, plus signs as spaces",
            "measured",
            "container.py:decode",
            f"{_SECRET}::test_every_spelling_of_base64_is_taken_and_the_bytes_survive_it",
        ),
        Fact(
            "an unknown certificate is 007005",
            "seen",
            "client_secret.py:_check_certificate",
            f"{_SECRET}::test_an_unknown_certificate_is_refused_and_both_fingerprints_are_in_it",
        ),
        Fact(
            "another system's certificate is 007002",
            "inferred",
            "client_secret.py:_check_certificate",
            f"{_SECRET}::test_a_certificate_of_another_system_is_refused_and_the_system_is_named_in_it",
        ),
        Fact(
            "a wrong signature is `access_denied`, 007053",
            "seen",
            "explain.py:explain",
            f"{_AUTHORIZE}::test_a_signature_that_is_not_the_systems_is_refused_and_nobody_signs_in_by_it",
        ),
        Fact(
            "strings and containers of another version are refused; some libraries count on the opposite",
            "disputed",
            "client_secret.py:check_client_secret",
            f"{_GOST}::test_strict_takes_a_container_only_at_the_first_version_and_tolerant_anywhere_for_it",
            "signature_mode: tolerant",
        ),
    ],
    "Tokens": [
        Fact(
            "an answer has access, id and refresh token, `state`, `Bearer` and a number of seconds",
            "read",
            "token.py:_generate",
            f"{_TOKEN}::test_a_code_is_exchanged_and_the_answer_has_every_member_that_clients_read_from_it",
        ),
        Fact(
            "a refusal is HTTP 400, JSON, the description first, with the state",
            "seen",
            "errors.py:EsiaError",
            f"{_TOKEN}::test_missing_parameters_are_named_in_brackets_and_the_state_comes_back_with_it",
        ),
        Fact(
            "a refresh token is new at each refresh, the old one is spent",
            "recalled",
            "grants.py:RefreshGrant",
            f"{_TOKEN}::test_offline_access_refreshes_and_each_refresh_token_works_once_for_it",
        ),
        Fact(
            "online access gives a refresh token that does not work",
            "inferred",
            "token.py:save_token",
            f"{_TOKEN}::test_online_access_gives_a_refresh_token_that_cannot_be_used_and_says_why_in_it",
        ),
        Fact(
            "client_credentials: `prm_chg?oid=` and `org_…?org_oid=`; no person and no id token",
            "read",
            "checks.py:check_system_scope",
            f"{_CURRENT}::test_a_system_gets_a_token_of_its_own_and_it_opens_the_organisation_of_it",
        ),
        Fact(
            "the header is `ver`, `typ`, `sbt`, `alg`, without `kid`",
            "read",
            "claims.py:header",
            f"{_TOKEN}::test_the_access_token_is_a_jws_of_esias_shape_and_the_person_is_a_number_in_it",
        ),
        Fact(
            "`urn:esia:sbj_id` is a number, scopes are stated with `?oid=`",
            "read",
            "claims.py:access_claims",
            f"{_TOKEN}::test_the_access_token_is_a_jws_of_esias_shape_and_the_person_is_a_number_in_it",
        ),
        Fact(
            "`iss` is `http://esia.gosuslugi.ru/`, whatever the address",
            "read",
            "esia.py:issue",
            f"{_TOKEN}::test_the_issuer_and_lives_are_settings_of_the_world_and_tokens_follow_it",
            "settings.esia_issuer",
        ),
        Fact(
            "`sub` is a number; some libraries want a string",
            "recalled",
            "claims.py:id_claims",
            f"{_CURRENT}::test_the_subject_is_a_string_for_libraries_that_want_it",
            "settings.esia_sub",
        ),
        Fact(
            "`urn:esia:sbj:is_tru` is absent for unconfirmed accounts, `lvl` is KD, PR or P",
            "read",
            "claims.py:id_claims",
            f"{_TOKEN}::test_the_level_of_the_account_is_told_and_an_unconfirmed_one_lacks_the_mark_of_it",
        ),
        Fact(
            "tokens are signed by RS256 or GOST3410_2012_256, as the system chose; bytes as openssl's",
            "read",
            "gost/keys.py:GostSigningKeys",
            f"{_CURRENT}::test_tokens_are_signed_with_gost_if_the_system_chose_it_and_the_published_key_confirms_it",
            "clients.esia[].token_algorithm",
        ),
        Fact(
            "keys stay over restarts and can be replaced",
            "inferred",
            "gost/keys.py:GostSigningKeys",
            "test_keys::test_keys_stay_over_restarts_and_are_new_when_their_files_are_gone_from_it",
        ),
    ],
    "Data": [
        Fact(
            "fields of the person appear by scope, its number does not",
            "seen",
            "persons.py:person_document",
            f"{_DATA}::test_a_field_is_shown_only_if_its_scope_was_granted_for_it",
        ),
        Fact(
            "collections list absolute addresses, `embed=(elements)` the elements",
            "read",
            "collections.py:listing",
            f"{_MORE}::test_addresses_of_elements_lead_to_what_is_embedded_in_it",
        ),
        Fact(
            "collections nest in the person as contacts, addresses, documents, vehicles, organizations",
            "read",
            "data_api.py:_COLLECTIONS",
            f"{_MORE}::test_every_collection_nests_in_the_person_under_its_own_name_in_it",
        ),
        Fact(
            "phones are spelled `+7(900)1234567`; only mobile and e-mail are verified",
            "read",
            "persons.py:spell_phone",
            f"{_DATA}::test_contacts_are_embedded_if_asked_and_phones_are_spelled_as_esia_does_it",
        ),
        Fact(
            "addresses need `addresses`, historically `contacts`",
            "recalled",
            "data_api.py:_COLLECTIONS",
            f"{_MORE}::test_addresses_of_elements_lead_to_what_is_embedded_in_it",
        ),
        Fact(
            "documents appear by the scope of their type",
            "read",
            "elements.py:DOCUMENT_SCOPES",
            f"{_MORE}::test_a_document_is_shown_only_if_its_scope_was_granted_for_it",
        ),
        Fact(
            "children: their fields by `kid_` scopes, documents under `kids/{id}/docs`; the shape is inferred",
            "inferred",
            "data_api.py:child_collection",
            f"{_MORE}::test_a_childs_documents_are_the_parents_to_see_by_the_scopes_of_it",
        ),
        Fact(
            "roles are shown in full, organisations as addresses",
            "read",
            "data_api.py:_organisations",
            f"{_MORE}::test_roles_are_always_shown_in_full_and_organisations_as_addresses_in_it",
        ),
        Fact(
            "an organisation and its collections, each by its `org_` scope; members are inferred",
            "inferred",
            "organisations.py:OrganisationApi",
            f"{_MORE}::test_each_collection_of_an_organisation_needs_its_own_scope_for_it",
        ),
        Fact(
            "403 is ESIA-005029",
            "seen",
            "errors.py:not_allowed",
            f"{_MORE}::test_what_a_token_does_not_cover_is_refused_in_the_shape_of_the_data_api_for_it",
        ),
        Fact(
            "an expired token is 401, ESIA-005013",
            "seen",
            "errors.py:expired_token",
            f"{_DATA}::test_an_access_token_lives_an_hour_by_the_worlds_clock_and_not_longer_than_it",
        ),
        Fact(
            "a bad token is 401, ESIA-005011",
            "recalled",
            "errors.py:invalid_token",
            f"{_DATA}::test_only_an_access_token_opens_the_data_and_the_journal_says_what_came_instead_of_it",
        ),
    ],
    "Errors and sessions": [
        Fact(
            "every code of the catalogue, in either shape",
            "read",
            "errors.py:CATALOGUE",
            f"{_CATALOGUE}::test_a_named_fault_sends_any_code_back_through_the_browser_with_it",
        ),
        Fact(
            "007046, 007060, 007061 exist, what causes them is not known: only a named fault gives them",
            "inferred",
            "faults.py:fault_response",
            f"{_CATALOGUE}::test_every_code_that_no_fault_is_needed_for_is_expected_by_a_test_of_it",
        ),
        Fact(
            "logout takes `redirect_url`, ends the session and goes there",
            "read",
            "logout.py:Logout",
            f"{_DATA}::test_logout_ends_the_session_and_its_tokens_and_goes_back_to_the_system_after_it",
        ),
    ],
}


def render() -> str:
    """The document."""
    lines = [
        "# What the simulator's ESIA keeps to",
        "",
        "<!-- Made by tests/idp_mock/esia/conformance.py; edit the table there. -->",
        "",
        "There is no public test stand, so a fact is as sure as its source. `read`: in the source of client libraries",
        "or in the guidelines; `seen`: on the real ESIA, by somebody; `measured`: with real clients against a test",
        "server; `recalled`: known without a source; `inferred`: by this project; `disputed`: sources differ.",
        "",
    ]
    for section, facts in FACTS.items():
        lines += [f"## {section}", "", "| fact | mark | where | shown by | setting |", "|---|---|---|---|---|"]
        for fact in facts:
            file, name = fact.test.split("::")
            shown = f"`{file}.py` {name.removeprefix('test_').replace('_', ' ')}"
            lines.append(f"| {fact.text} | {fact.mark} | `{fact.where}` | {shown} | {fact.setting} |")
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    DOCUMENT.write_text(render())
