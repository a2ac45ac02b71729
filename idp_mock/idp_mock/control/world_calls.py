"""The control's calls about whole worlds."""

from google.protobuf.duration_pb2 import Duration
from sferum.simulator.v1 import control_service_pb2 as pb

from idp_mock.control import convert
from idp_mock.control.base import Calls
from idp_mock.world import dump, load_document

_MOST_TTL_S = 366 * 86400


class WorldCalls(Calls):
    """Worlds are made, filled, copied, kept, put back and dropped."""

    def _create_world(self, request: pb.CreateWorldRequest) -> pb.World:
        document = load_document(convert.to_document(request.document)) if request.HasField("document") else None
        return self.from_world(self.worlds.create(request.world, document, _ttl_s(request)))

    def _fork_world(self, request: pb.ForkWorldRequest) -> pb.World:
        return self.from_world(self.worlds.fork(request.world, request.source or "default", _ttl_s(request)))

    def _get_world(self, request: pb.GetWorldRequest) -> pb.World:
        return self.from_world(self.world(request.world))

    def _list_worlds(self, request: pb.ListWorldsRequest) -> pb.ListWorldsResponse:
        return pb.ListWorldsResponse(worlds=map(self.from_world, self.worlds.list()))

    def _get_world_document(self, request: pb.GetWorldDocumentRequest) -> pb.WorldDocument:
        document = dump(self.world(request.world).document)
        return pb.WorldDocument(document=convert.from_document(document))

    def _fill_world(self, request: pb.FillWorldRequest) -> pb.World:
        if not request.HasField("document"):
            raise ValueError("document: must be set")
        world = self.world(request.world)
        world.fill(convert.to_document(request.document))
        return self.from_world(world)

    def _update_settings(self, request: pb.UpdateSettingsRequest) -> pb.Settings:
        if not request.HasField("patch"):
            raise ValueError("patch: must be set")
        settings = self.world(request.world).update_settings(convert.to_document(request.patch))
        return pb.Settings(settings=convert.from_document(dump(settings)))

    def _snapshot_world(self, request: pb.SnapshotWorldRequest) -> pb.WorldSnapshot:
        return pb.WorldSnapshot(snapshot=self.worlds.snapshot(self.world(request.world)))

    def _restore_world(self, request: pb.RestoreWorldRequest) -> pb.World:
        if not request.snapshot:
            raise ValueError("snapshot: must be set")
        return self.from_world(self.worlds.restore(request.world or "default", request.snapshot))

    def _reset_world(self, request: pb.ResetWorldRequest) -> pb.World:
        return self.from_world(self.worlds.reset(request.world or "default"))

    def _drop_world(self, request: pb.DropWorldRequest) -> pb.DropWorldResponse:
        if not request.world:
            raise ValueError("world: must be set")
        self.worlds.drop(request.world)
        return pb.DropWorldResponse()


def _ttl_s(request: pb.CreateWorldRequest | pb.ForkWorldRequest) -> float | None:
    if not request.HasField("ttl"):
        return None
    ttl: Duration = request.ttl
    seconds = ttl.ToTimedelta().total_seconds()
    if not 0 < seconds <= _MOST_TTL_S:
        raise ValueError("ttl: must be more than 0 and at most a year")
    return seconds
