"""What is known of VK ID, how surely, where the simulator has it and which test shows it.

`docs/vkid-conformance.md` is made of this table: `python tests/idp_mock/vkid/conformance.py`.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

DOCUMENT = Path(__file__).parents[3] / "docs" / "vkid-conformance.md"
GRADES = {
    "official": "in VK's documentation or in the source of VK's own SDKs",
    "seen": "on the real service, by somebody",
    "read": "in other people's client code, seen by nobody",
    "tried": "real clients take it from a test server; that says nothing of VK",
    "recalled": "known without a source",
    "inferred": "by this project",
    "disputed": "sources differ",
}


class Fact(NamedTuple):
    """A fact, its grade, `module:symbol` in `idp_mock/vkid`, the test as `file::name`, and the world's setting."""

    text: str
    grade: str
    where: str
    test: str
    setting: str = ""


_A, _T, _M, _S, _P = "test_authorize", "test_tokens", "test_matrix", "test_settings", "test_popup"
_OPEN = "test_open_questions"
_IN, _API, _CON, _PRO, _REG, _TLS, _SDK, _JOIN = (
    *("test_sign_in", "test_api", "test_consent", "test_profiles"),
    *("test_registration", "test_tls", "sdk/test_sdk", "test_joining"),
)

FACTS: dict[str, list[Fact]] = {
    "Hosts and paths": [
        Fact(
            "`id.vk.com` and `id.vk.ru` serve the same paths; any Host is taken",
            "official",
            "app.py:vk_id_app",
            f"{_TLS}::test_answers_under_every_name_to_who_trusts_the_authority",
        ),
        Fact(
            "`/oauth2/token` and `/oauth2/access_token` are not there",
            "read",
            "app.py:vk_id_app",
            f"{_A}::test_does_not_find_what_vk_id_does_not_have",
        ),
        Fact(
            "there is neither discovery nor JWKS",
            "disputed",
            "app.py:_jwks",
            f"{_S}::test_publishes_the_key_only_if_the_world_is_set_so",
            "vk_jwks",
        ),
    ],
    "Authorization": [
        Fact(
            "`response_type` is `code`; state, challenge and method are required",
            "official",
            "parameters.py:check",
            f"{_A}::test_tells_the_client_of_other_faults",
        ),
        Fact(
            "unknown parameters are ignored",
            "inferred",
            "parameters.py:check",
            f"{_A}::test_reads_the_challenge_method_in_both_spellings",
        ),
        Fact(
            "a challenge is base64url of SHA-256 without padding",
            "official",
            "parameters.py:challenge_of",
            f"{_M}::test_takes_no_challenge_but_base64url_of_a_digest",
        ),
        Fact(
            "the method is `s256` or `S256`, never `plain`",
            "official",
            "parameters.py:challenge_of",
            f"{_A}::test_reads_the_challenge_method_in_both_spellings",
        ),
        Fact(
            "a state has 32 characters at least, but samples have fewer",
            "disputed",
            "parameters.py:STATE",
            f"{_S}::test_demands_a_long_state_of_strict_worlds_only",
            "vk_strict_state",
        ),
        Fact(
            "`code_verifier` and `code_challenge` never come together",
            "official",
            "parameters.py:challenge_of",
            f"{_A}::test_tells_the_client_of_other_faults",
        ),
        Fact(
            "no scope or an empty one is `vkid.personal_info`",
            "official",
            "scopes.py:parse",
            f"{_CON}::test_takes_an_empty_scope_for_personal_data_only",
        ),
        Fact(
            "`prompt` is a set of `none`, `login`, `consent`, `select_account`, or empty",
            "official",
            "parameters.py:PROMPTS",
            f"{_IN}::test_asks_for_the_chosen_ones_code_under_login_and_select_account",
        ),
        Fact(
            "`prompt=none` ends in `login_required` or `interaction_required`",
            "read",
            "flow.py:_silent",
            f"{_IN}::test_answers_prompt_none_only_with_a_session_and_nothing_to_ask",
        ),
        Fact(
            "`provider` is `vkid`, `ok_ru` or `mail_ru`; `action` may name it in base64",
            "official",
            "parameters.py:_provider_of_action",
            f"{_P}::test_offers_the_provider_that_was_asked_for_and_the_others",
        ),
        Fact(
            "`lang_id` and `scheme` are the page's language and colours",
            "official",
            "appearance.py:appearance_of",
            f"{_P}::test_speaks_and_looks_as_asked",
        ),
        Fact(
            "`screen=phone` shows the form in spite of a session",
            "official",
            "flow.py:first_step",
            f"{_IN}::test_asks_for_a_sign_in_in_spite_of_a_live_session_if_the_client_wants_it",
        ),
        Fact(
            "a live session with consent answers without a page",
            "official",
            "flow.py:after_sign_in",
            f"{_IN}::test_gives_a_code_silently_for_a_live_session",
        ),
        Fact(
            "an unknown application or address gets a page, not a redirect; its status is not known",
            "official",
            "registered.py:client_of",
            f"{_A}::test_shows_an_error_page_and_never_redirects_for_an_unknown_client_or_address",
        ),
        Fact(
            "a redirect carries `code`, `state`, `device_id`, `type=code_v2`, `expires_in`",
            "official",
            "redirects.py:success",
            f"{_IN}::test_signs_a_person_in_by_phone_and_code_and_gives_the_client_a_code_that_works",
        ),
        Fact(
            "the answer is at top level; older clients read one `payload`",
            "disputed",
            "redirects.py:Outcome",
            f"{_S}::test_puts_the_answer_where_the_client_looks_for_it",
            "vk_payload",
        ),
        Fact(
            "the state comes back byte for byte",
            "inferred",
            "redirects.py:_with",
            f"{_A}::test_sends_the_state_back_byte_for_byte",
        ),
        Fact(
            "an error redirect has `error`; description and state are added",
            "inferred",
            "redirects.py:failure",
            f"{_A}::test_tells_the_client_of_other_faults",
        ),
    ],
    "Pop-ups and frames": [
        Fact(
            "one message: action `oauth2_authorize_response` and the state, payload as in a redirect, `ext_id`",
            "official",
            "redirects.py:Outcome",
            f"{_P}::test_posts_the_answer_to_the_opener_under_its_whole_origin",
        ),
        Fact(
            "`payload.error` tells of a refusal",
            "official",
            "delivery.py:deliver",
            f"{_SDK}::test_hears_that_the_person_refused",
        ),
        Fact(
            "`origin` lacks the port; the redirect URI has it",
            "inferred",
            "openers.py:opener_of",
            f"{_P}::test_posts_the_answer_to_the_opener_under_its_whole_origin",
        ),
        Fact(
            "only the application's own origins are spoken to",
            "inferred",
            "openers.py:opener_of",
            f"{_P}::test_tells_no_foreign_origin_anything",
        ),
        Fact(
            "without a session a frame says `not authorized` at once and alone",
            "tried",
            "widgets.py:_frame",
            f"{_SDK}::test_draws_its_own_button_for_one_tap_without_a_session",
        ),
        Fact(
            "with a session it says `common: load` and `authentication_info`; a click asks for the full sign-in",
            "official",
            "widgets.py:one_tap",
            f"{_SDK}::test_shows_who_is_signed_in_in_one_tap",
        ),
        Fact(
            "the floating frame can be closed and hears of success",
            "official",
            "widgets.py:floating_one_tap",
            f"{_SDK}::test_shows_and_closes_the_floating_one_tap",
        ),
        Fact(
            "what stands in the frames, their resizing, and that there are no communities",
            "inferred",
            "widgets.py:community_subscription",
            f"{_P}::test_closes_the_subscription_to_a_community",
        ),
        Fact(
            "`OAuthList` opens `/authorize` with `provider` and `prompt=login`",
            "official",
            "flow.py:first_step",
            f"{_SDK}::test_signs_in_through_a_provider_of_the_list",
        ),
        Fact(
            "telemetry is answered with credentials, `active` is 0",
            "official",
            "telemetry.py:sdk_config",
            f"{_P}::test_answers_telemetry_with_credentials",
        ),
    ],
    "Token endpoint": [
        Fact(
            "query and body are one",
            "tried",
            "wire.py:pairs",
            f"{_M}::test_takes_each_parameter_of_an_exchange_from_query_or_body",
        ),
        Fact(
            "a body without a content type is a form",
            "inferred",
            "wire.py:pairs",
            f"{_M}::test_takes_a_form_without_a_content_type",
        ),
        Fact(
            "`state` belongs to this call and is echoed",
            "tried",
            "server.py:VkIdServer",
            f"{_M}::test_echoes_any_state_of_an_exchange",
        ),
        Fact(
            "`client_secret` is ignored", "tried", "token_endpoint.py:exchange", f"{_T}::test_ignores_a_client_secret"
        ),
        Fact(
            "a code works once and 600 s; a second use ends what came of it",
            "read",
            "grants.py:CodeGrant",
            f"{_T}::test_ends_what_came_of_a_code_that_comes_again",
            "vk_code_ttl_s",
        ),
        Fact(
            "`device_id` must be the code's; «device_id is invalid»",
            "seen",
            "grants.py:CodeGrant",
            f"{_M}::test_explains_whose_device_a_code_is",
        ),
        Fact(
            "«verifier is missing or invalid»",
            "seen",
            "grants.py:ProofKey",
            f"{_M}::test_takes_no_verifier_but_the_one",
        ),
        Fact(
            "a verifier has 43 to 128 characters, but clients send fewer",
            "disputed",
            "grants.py:ProofKey",
            f"{_S}::test_demands_a_documented_verifier_of_strict_worlds_only",
            "vk_strict_verifier",
        ),
        Fact(
            "`redirect_uri` must be the one of the authorization",
            "official",
            "grants.py:CodeGrant",
            f"{_T}::test_refuses_an_exchange_that_does_not_fit_and_still_takes_the_right_one",
        ),
        Fact(
            "back ends may add `service_token`",
            "read",
            "grants.py:CodeGrant",
            f"{_S}::test_demands_the_service_token_of_applications_that_have_one",
            "clients.vk_id[].service_token",
        ),
        Fact(
            "`user_id` and `expires_in` are numbers, `scope` is always there",
            "official",
            "server.py:VkIdServer",
            f"{_T}::test_answers_with_vk_ids_fields_and_types",
        ),
        Fact(
            "tokens and codes begin `vk2.a.`",
            "seen",
            "credentials.py:opaque",
            f"{_T}::test_answers_with_vk_ids_fields_and_types",
        ),
        Fact(
            "an access token lives an hour, a refresh token 180 days",
            "official",
            "server.py:VkIdServer",
            f"{_T}::test_lets_tokens_expire_by_the_worlds_clock",
            "vk_access_ttl_s, vk_refresh_ttl_s",
        ),
        Fact(
            "each refresh gives a new pair without an id_token",
            "official",
            "grants.py:RefreshGrant",
            f"{_T}::test_gives_a_new_pair_without_an_id_token_for_a_refresh_token",
        ),
        Fact(
            "a spent refresh token ends the sign-in",
            "read",
            "grants.py:RefreshGrant",
            f"{_M}::test_lets_nothing_of_a_sign_in_live_after_reuse",
            "vk_refresh_reuse",
        ),
        Fact(
            "a refresh needs `device_id`; one client sends none",
            "disputed",
            "grants.py:RefreshGrant",
            f"{_S}::test_refreshes_without_a_device_if_the_world_allows_it_and_never_with_a_wrong_one",
            "vk_refresh_device",
        ),
        Fact(
            "a dead refresh token is `invalid_request` or `invalid_grant`",
            "disputed",
            "errors.py:body_of",
            f"{_S}::test_names_a_dead_refresh_token_in_either_dialect",
            "vk_refresh_error",
        ),
        Fact(
            "old tokens are migrated by `grant_type=access_token`",
            "official",
            "migration.py:MigrationGrant",
            f"{_S}::test_migrates_an_old_token_to_a_code_that_is_exchanged_as_any",
            "clients.vk_id[].v1_tokens",
        ),
    ],
    "Errors and CORS": [
        Fact(
            "`error` and `error_description` always, state echoed",
            "official",
            "wire.py:refused",
            f"{_M}::test_answers_nonsense_in_its_own_dialect",
        ),
        Fact(
            "the status is 200; seen at `public_info` only",
            "disputed",
            "errors.py:status_of",
            f"{_S}::test_takes_the_status_of_one_endpoints_errors_from_the_world",
            "vk_error_status, vk_error_statuses",
        ),
        Fact(
            "texts that nobody has seen, such as of a used code",
            "inferred",
            "errors.py:Wire",
            f"{_S}::test_says_other_words_of_an_error",
            "vk_error_descriptions",
        ),
        Fact(
            "every POST may be read by a browser, errors too",
            "official",
            "wire.py:HEADERS",
            f"{_S}::test_takes_the_status_of_one_endpoints_errors_from_the_world",
        ),
        Fact(
            "a preflight is not answered usefully",
            "official",
            "wire.py:HEADERS",
            f"{_M}::test_gives_a_preflight_nothing",
        ),
    ],
    "Profiles and sessions": [
        Fact(
            "the token comes in body, query, header or JSON",
            "read",
            "wire.py:token_value",
            f"{_M}::test_takes_an_access_token_from_anywhere",
        ),
        Fact(
            "`user_id` is a string here and a number in tokens",
            "read",
            "user_info.py:_user",
            f"{_M}::test_names_the_person_by_a_number_in_tokens_and_by_digits_elsewhere",
        ),
        Fact(
            "contacts that were not allowed are absent",
            "official",
            "user_info.py:_user",
            f"{_CON}::test_keeps_back_what_the_person_left_out",
        ),
        Fact(
            "`public_info` masks last name, phone and e-mail",
            "seen",
            "user_info.py:_masked",
            f"{_T}::test_shows_a_masked_profile_for_an_id_token",
        ),
        Fact(
            "a bad id_token is `invalid_request` or `invalid_id_token`",
            "disputed",
            "errors.py:body_of",
            f"{_S}::test_names_a_bad_id_token_in_either_dialect",
            "vk_id_token_error",
        ),
        Fact(
            '`logout` and `revoke` answer `{"response": 1}`',
            "official",
            "sign_out.py:logout",
            f"{_CON}::test_ends_one_sign_in_only_at_logout",
        ),
        Fact(
            "id_token: RS256, numbers `sub`, `app`, `jti` 21; no `aud`",
            "read",
            "id_token.py:issue",
            f"{_T}::test_answers_with_vk_ids_fields_and_types",
        ),
        Fact(
            "its issuer is `iis` or `iss`",
            "disputed",
            "id_token.py:issue",
            f"{_S}::test_spells_the_issuer_as_set",
            "vk_id_token_issuer",
        ),
    ],
    "People": [
        Fact(
            "a phone is proved by a message or by the end of a caller's number",
            "seen",
            "one_time_code.py:call",
            f"{_REG}::test_proves_a_phone_by_the_last_digits_of_a_dropped_call",
        ),
        Fact(
            "6 digits of a message, 4 of a call",
            "recalled",
            "one_time_code.py:send",
            f"{_REG}::test_proves_a_phone_by_the_last_digits_of_a_dropped_call",
        ),
        Fact(
            "another code after a countdown; how long is not known",
            "seen",
            "steps.py:_send_again",
            f"{_REG}::test_lets_the_person_wait_for_another_code",
            "vk_resend_s",
        ),
        Fact(
            "an unknown number registers, a known one signs in",
            "inferred",
            "registration.py:register",
            f"{_PRO}::test_signs_a_registered_person_in_next_time",
        ),
        Fact(
            "young pupils register by e-mail",
            "seen",
            "registration.py:register",
            f"{_REG}::test_lets_a_pupil_register_by_email_with_school_and_class",
        ),
        Fact(
            "one login may hold a personal and a learning profile; which one is yielded is not known",
            "inferred",
            "flow.py:undoubted_profile",
            f"{_PRO}::test_yields_the_kind_of_profile_that_the_application_is_set_to",
            "clients.vk_id[].yields",
        ),
        Fact(
            "`educational_profile` with roles and organisations; its shape",
            "inferred",
            "api.py:users_get",
            f"{_REG}::test_lets_a_pupil_register_by_email_with_school_and_class",
        ),
        Fact(
            "a parent joins by a link from the child's profile, not where the child is signed in",
            "seen",
            "learning_pages.py:open_link",
            f"{_JOIN}::test_refuses_the_link_where_the_child_is_signed_in",
        ),
    ],
    "Questions that VK leaves open": [
        Fact(
            "a request without a state is refused, or answered without one",
            "disputed",
            "parameters.py:check",
            f"{_OPEN}::test_takes_no_request_without_a_state_unless_the_world_does",
            "vk_require_state",
        ),
        Fact(
            "how much an error redirect says",
            "disputed",
            "redirects.py:failure",
            f"{_OPEN}::test_says_as_much_in_an_error_redirect_as_the_world_is_set_to",
            "vk_error_redirect",
        ),
        Fact(
            "`ext_id` on redirects with a code",
            "disputed",
            "delivery.py:deliver",
            f"{_OPEN}::test_adds_ext_id_to_a_redirect_only_if_the_world_is_set_so",
            "vk_redirect_ext_id",
        ),
        Fact(
            "the error of a code that is unknown, used or too old",
            "inferred",
            "errors.py:body_of",
            f"{_OPEN}::test_names_a_dead_code_in_either_dialect",
            "vk_code_error",
        ),
        Fact(
            "how long an id_token lives",
            "inferred",
            "id_token.py:issue",
            f"{_OPEN}::test_lets_an_id_token_live_as_long_as_the_world_is_set_to",
            "vk_id_token_ttl_s",
        ),
        Fact(
            "too many calls of an address a day are slowed down; how many is not known",
            "inferred",
            "daily_calls.py:DailyCalls",
            f"{_OPEN}::test_slows_an_address_down_that_calls_too_often_a_day",
            "vk_daily_calls",
        ),
        Fact(
            "who may register by e-mail",
            "inferred",
            "registration.py:register",
            f"{_REG}::test_lets_only_young_pupils_register_by_email_unless_the_world_says_otherwise",
            "vk_email_registration",
        ),
    ],
}


def render() -> str:
    """The document."""
    lines = [
        "# What the simulator's VK ID keeps to",
        "",
        "<!-- Made by tests/idp_mock/vkid/conformance.py; edit the table there. -->",
        "",
        "VK has no public test stand, so a fact is as sure as its source:",
        "",
        *(f"- `{grade}`: {meaning}" for grade, meaning in GRADES.items()),
        "",
        "A setting stands in the world file under `settings`, unless a path is given.",
        "",
    ]
    for section, facts in FACTS.items():
        lines += [f"## {section}", "", "| fact | grade | where | shown by | setting |", "|---|---|---|---|---|"]
        for fact in facts:
            file, name = fact.test.split("::")
            shown = f"`{file}.py` {name.removeprefix('test_').replace('_', ' ')}"
            setting = f"`{fact.setting}`" if fact.setting else ""
            lines.append(f"| {fact.text} | {fact.grade} | `{fact.where}` | {shown} | {setting} |")
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    DOCUMENT.write_text(render(), encoding="utf-8")
