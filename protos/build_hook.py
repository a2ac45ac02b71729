"""Generates gen/ from the .proto files whenever this distribution is built or installed in place."""

import ast
import inspect
import shutil
from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class GenerateFromProtos(BuildHookInterface):
    """Runs protoc over protos/sferum before hatchling collects the files of the distribution."""

    def initialize(self, version: str, build_data: dict) -> None:
        """Writes the generated modules and an image for linting; raises SystemExit if protoc refuses a file."""
        root = Path(self.root)
        out = root / "gen"
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir()
        plugins = [f"--{plugin}_out={out}" for plugin in ("python", "pyi", "grpc_python")]
        run_protoc(root, [*plugins, "buf/validate/validate.proto"])
        write_image(root, out / "api.binpb")
        for package in {path.parent for path in out.glob("sferum/*/*/*_pb2.py")}:
            (package / "py.typed").touch()


def write_image(root: Path, image: Path) -> None:
    """Writes all protos under a root, with comments and imports, as one descriptor set that buf can read."""
    run_protoc(root, ["--include_imports", "--include_source_info", f"--descriptor_set_out={image}"])


def run_protoc(root: Path, arguments: list[str]) -> None:
    """Runs protoc over every proto under root/sferum; raises SystemExit if it refuses one."""
    import google.api
    from grpc_tools import protoc

    google_apis = Path(next(iter(google.api.__path__))).parents[1]
    protos = [str(path.relative_to(root)) for path in sorted(root.glob("sferum/**/*.proto"))]
    shipped = root / "shipped.binpb"
    shipped.write_bytes(shipped_descriptors())
    try:
        inputs = ["protoc", f"--descriptor_set_in={shipped}", f"-I{root}", f"-I{google_apis}"]
        if protoc.main([*inputs, *arguments, *protos]):
            raise SystemExit("protoc failed: see the messages above")
    finally:
        shipped.unlink()


def shipped_descriptors() -> bytes:
    """Returns validate.proto and the well-known types as a FileDescriptorSet: wheels ship descriptors, not files."""
    import protovalidate._gen.buf.validate.validate_pb as validate
    from google.protobuf import descriptor_pb2, duration_pb2, field_mask_pb2, struct_pb2, timestamp_pb2

    tree = ast.walk(ast.parse(inspect.getsource(validate)))
    constants = (node.value for node in tree if isinstance(node, ast.Constant))
    blobs = (value for value in constants if isinstance(value, bytes))
    raw = next(blob for blob in blobs if b"buf/validate/validate.proto" in blob[:60])
    files = descriptor_pb2.FileDescriptorSet()
    for module in (descriptor_pb2, duration_pb2, field_mask_pb2, struct_pb2, timestamp_pb2):
        module.DESCRIPTOR.CopyToProto(files.file.add())
    files.file.append(descriptor_pb2.FileDescriptorProto.FromString(raw))
    return files.SerializeToString()
