"""What the asyncio control asks of worlds: copies, families, sign-ins without pages, clocks."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sferum.simulator.v1 import control_service_pb2 as pb
from sferum.simulator.v1.control_service_pb2_grpc import ControlServiceStub

from binding_client import _control


class AsyncWorldCalls:
    """Worlds, families, shortcuts and clocks of the asyncio control."""

    world: str
    _stub: ControlServiceStub
    _call: Callable[[Any, Any], Awaitable[dict[str, Any]]]

    async def create_world(
        self, world: str, document: dict[str, Any] | None = None, *, ttl: timedelta | None = None
    ) -> dict[str, Any]:
        """Makes a world from a document, or as a copy of the simulator's world file.

        Args:
            world: Its name.
            document: The world in the world file's schema.
            ttl: Drop it when so long, in real time, no request came for it.
        """
        request = pb.CreateWorldRequest(world=world, ttl=_control.duration(ttl))
        if document is not None:
            request.document.CopyFrom(_control.struct(document))
        return await self._call(self._stub.CreateWorld, request)

    async def fork_world(self, world: str, *, ttl: timedelta | None = None) -> dict[str, Any]:
        """Makes a new world of that name with persons, clients, settings and clocks of this one as they are now."""
        request = pb.ForkWorldRequest(world=world, source=self.world, ttl=_control.duration(ttl))
        return await self._call(self._stub.ForkWorld, request)

    async def get_world(self) -> dict[str, Any]:
        """Returns the world's addresses and size."""
        return await self._call(self._stub.GetWorld, pb.GetWorldRequest(world=self.world))

    async def list_worlds(self) -> list[dict[str, Any]]:
        """Lists the worlds, by name."""
        return (await self._call(self._stub.ListWorlds, pb.ListWorldsRequest()))["worlds"]

    async def get_world_document(self) -> dict[str, Any]:
        """Returns the world's document as it is now; it holds test passwords."""
        request = pb.GetWorldDocumentRequest(world=self.world)
        return (await self._call(self._stub.GetWorldDocument, request))["document"]

    async def fill_world(self, document: dict[str, Any]) -> dict[str, Any]:
        """Adds what a document holds to the world, all of it or nothing; it may refer to what the world has."""
        request = pb.FillWorldRequest(world=self.world, document=_control.struct(document))
        return await self._call(self._stub.FillWorld, request)

    async def update_settings(self, patch: dict[str, Any]) -> dict[str, Any]:
        """Changes how the providers of the world behave, by a JSON merge patch; None restores a default.

        Returns:
            The settings as they are now.
        """
        request = pb.UpdateSettingsRequest(world=self.world, patch=_control.struct(patch))
        return (await self._call(self._stub.UpdateSettings, request))["settings"]

    async def snapshot_world(self) -> bytes:
        """Returns all of the world in one piece: persons, sign-ins, consents, codes, tokens, clocks, faults, inbox."""
        request = pb.SnapshotWorldRequest(world=self.world)
        return _control.from_base64((await self._call(self._stub.SnapshotWorld, request))["snapshot"])

    async def restore_world(self, snapshot: bytes) -> dict[str, Any]:
        """Puts the world back to a snapshot, of itself or of another world; makes it if there is none."""
        request = pb.RestoreWorldRequest(world=self.world, snapshot=snapshot)
        return await self._call(self._stub.RestoreWorld, request)

    async def reset_world(self) -> dict[str, Any]:
        """Puts the world back to how it was made."""
        return await self._call(self._stub.ResetWorld, pb.ResetWorldRequest(world=self.world))

    async def drop_world(self) -> None:
        """Forgets all of the world; the default one cannot be dropped."""
        await self._call(self._stub.DropWorld, pb.DropWorldRequest(world=self.world))

    async def create_family(
        self,
        *,
        children: int | Sequence[Mapping[str, Any]] = 1,
        parents: int = 1,
        guardians: int = 0,
        teacher: bool = False,
        vk: str = "LEARNING",
        policy: str = "",
        organisation: str = "",
        seed: int = 0,
        prefix: str = "",
        recorded: bool = True,
        verified: bool = True,
    ) -> dict[str, Any]:
        """Adds a whole family that nobody has seen before.

        Args:
            children: How many, or of each some of `age`, `class_name` and `gender`.
            parents: 0 to 2: mother, father.
            guardians: How many legal representatives, 0 to 4.
            teacher: The first grown-up is the class teacher of the first child's class too.
            vk: What each of them has at VK ID: "NONE", "PERSONAL", "LEARNING" or "BOTH".
            policy: Of their municipality: "STRICT", "LENIENT" or "ROLE_ONLY".
            organisation: Key of an organisation of the world; a school of their own if empty.
            seed: From which names and numbers follow; one that was not used before if 0.
            prefix: Beginning of all their keys; `f{seed}` if empty.
            recorded: The school has recorded their contacts.
            verified: ESIA has verified their contacts.

        Returns:
            `seed`, the keys of `parents`, `guardians` and `children`, and the `document` with all that was added.
        """
        request = _control.family(
            children,
            world=self.world,
            parents=parents,
            guardians=guardians,
            teacher=teacher,
            vk=vk,
            policy=policy,
            organisation=organisation,
            seed=seed,
            prefix=prefix,
            unrecorded=not recorded,
            unverified=not verified,
        )
        return await self._call(self._stub.CreateFamily, request)

    async def mint_esia_token(
        self, person: str, client: str, scopes: Iterable[str] = (), *, offline: bool = False
    ) -> dict[str, Any]:
        """Signs a person in to ESIA without pages; returns `access_token`, `id_token`, `refresh_token`, `expires_in`.

        Args:
            person: Key of the person.
            client: Mnemonic of the client system.
            scopes: Of those that the system may ask for; all of them if empty.
            offline: The refresh token works.
        """
        request = pb.MintEsiaTokenRequest(
            world=self.world, person=person, client=client, scopes=scopes, offline=offline
        )
        return await self._call(self._stub.MintEsiaToken, request)

    async def mint_vk_code(
        self,
        person: str,
        authorization_uri: str = "",
        *,
        user_id: int = 0,
        app_id: int = 0,
        redirect_uri: str = "",
        code_challenge: str = "",
        state: str = "",
        scopes: Iterable[str] = (),
    ) -> dict[str, Any]:
        """Signs a person in to VK ID without pages; returns `code`, `state`, `device_id` and the whole `redirect_uri`.

        Args:
            person: Key of the person.
            authorization_uri: The address that the application would open; without it all that follows counts.
            user_id: The profile to yield, where a person would have to choose.
            app_id: The application.
            redirect_uri: A registered redirect URI of it.
            code_challenge: base64url of the SHA-256 digest of the verifier.
            state: The application's state.
            scopes: Scopes; `vkid.personal_info` if empty.
        """
        request = pb.MintVkCodeRequest(
            world=self.world,
            person=person,
            user_id=user_id,
            authorization_uri=authorization_uri,
            app_id=app_id,
            redirect_uri=redirect_uri,
            code_challenge=code_challenge,
            state=state,
            scopes=scopes,
        )
        return _control.numbers(await self._call(self._stub.MintVkCode, request), "user_id")

    async def mint_vk_tokens(
        self, person: str, app_id: int, scopes: Iterable[str] = (), *, user_id: int = 0
    ) -> dict[str, Any]:
        """Signs a person in to VK ID without pages; returns what the token endpoint answers, and the `device_id`."""
        request = pb.MintVkTokensRequest(world=self.world, person=person, app_id=app_id, scopes=scopes, user_id=user_id)
        return _control.numbers(await self._call(self._stub.MintVkTokens, request), "user_id")

    async def get_clock(self, party: str = "") -> dict[str, Any]:
        """Returns the time of the world, or of "ESIA" or "VK_ID" in it: `time` (RFC 3339), `frozen`, `skew`."""
        request = pb.GetClockRequest(world=self.world, party=_control.party(party))
        return await self._call(self._stub.GetClock, request)

    async def set_clock(
        self,
        time: datetime | None = None,
        *,
        party: str = "",
        skew: timedelta | None = None,
        allow_backwards: bool = False,
    ) -> dict[str, Any]:
        """Freezes a clock at an aware instant, sets it apart, or lets it run again.

        Args:
            time: Where to freeze; with neither `time` nor `skew` the clock runs again.
            party: "ESIA" or "VK_ID"; the world's own clock, which both follow, if empty.
            skew: How far to run ahead, negative for behind: a party of the world's clock, the world of the real one.
            allow_backwards: Go back even to before codes and tokens that were issued.
        """
        request = _control.set_clock(self.world, time, party, skew, allow_backwards=allow_backwards)
        return await self._call(self._stub.SetClock, request)

    async def advance_clock(self, duration: timedelta, *, party: str = "") -> dict[str, Any]:
        """Moves the world's clock forward, or that of "ESIA" or "VK_ID" alone."""
        return await self._call(self._stub.AdvanceClock, _control.advance_clock(self.world, duration, party))
