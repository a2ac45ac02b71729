"""The control's calls about persons, families and sign-ins without pages."""

from typing import Any

from sferum.simulator.v1 import control_service_pb2 as pb

from idp_mock.control import convert
from idp_mock.control.base import Calls
from idp_mock.world import NotFound, Person


class PersonCalls(Calls):
    """Persons come, change, and sign in without pages."""

    def _create_person(self, request: pb.CreatePersonRequest) -> pb.Person:
        if not request.HasField("person"):
            raise ValueError("person: must be set")
        person = self.world(request.world).add_person(convert.to_document(request.person))
        return convert.from_person(person)

    def _create_family(self, request: pb.CreateFamilyRequest) -> pb.Family:
        # Names are lists of hundreds: loaded with the first family.
        from idp_mock.control.convert_family import from_family, to_plan
        from idp_mock.world.family import make_family

        world = self.world(request.world)
        plan = to_plan(request)
        if request.seed < 0:
            raise ValueError("seed: must be 1 to 9999999, or 0 for a fresh one")
        seed = request.seed or self.worlds.numbers.fresh_seed()
        return from_family(make_family(world, plan, seed, world.clock.now().date()))

    def _update_person(self, request: pb.UpdatePersonRequest) -> pb.Person:
        person = self.world(request.world).update_person(request.id, convert.to_document(request.patch))
        return convert.from_person(person)

    def _get_person(self, request: pb.GetPersonRequest) -> pb.Person:
        person: Person | None = self.world(request.world).person(request.id)
        if person is None:
            raise NotFound(f"person {request.id!r}")
        return convert.from_person(person)

    def _mint_esia_token(self, request: pb.MintEsiaTokenRequest) -> pb.EsiaTokens:
        _require(request, "person", "client")
        tokens = self.shortcuts.esia_tokens(
            self.world(request.world), request.person, request.client, request.scopes, offline=request.offline
        )
        return pb.EsiaTokens(**tokens)

    def _mint_vk_code(self, request: pb.MintVkCodeRequest) -> pb.VkCode:
        _require(request, "person")
        parts = (request.app_id, request.redirect_uri, request.code_challenge, request.state, *request.scopes)
        if request.authorization_uri and any(parts):
            raise ValueError("authorization_uri: not together with app_id, redirect_uri, code_challenge, state, scopes")
        if not request.authorization_uri:
            _require(request, "app_id", "redirect_uri", "code_challenge", "state")
        world = self.world(request.world)
        code, outcome, user_id = self.shortcuts.vk_code(
            world,
            request.person,
            request.user_id,
            authorization_uri=request.authorization_uri,
            app_id=request.app_id,
            redirect_uri=request.redirect_uri,
            code_challenge=request.code_challenge,
            state=request.state,
            scopes=request.scopes,
        )
        carried = dict(outcome.items)
        return pb.VkCode(
            code=code,
            state=outcome.state,
            device_id=str(carried["device_id"]),
            expires_in=int(carried["expires_in"]),
            redirect_uri=outcome.uri(world.settings.vk_payload),
            user_id=user_id,
        )

    def _mint_vk_tokens(self, request: pb.MintVkTokensRequest) -> pb.VkTokens:
        _require(request, "person", "app_id")
        tokens = self.shortcuts.vk_tokens(
            self.world(request.world), request.person, request.user_id, request.app_id, request.scopes
        )
        wanted = pb.VkTokens.DESCRIPTOR.fields_by_name
        return pb.VkTokens(**{name: value for name, value in tokens.items() if name in wanted})


def _require(request: Any, *names: str) -> None:
    for name in names:
        if not getattr(request, name):
            raise ValueError(f"{name}: must be set")
