"""Generates gen/ from the .proto files whenever this distribution is built or installed in place."""

import ast
import inspect
import shutil
from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class GenerateFromProtos(BuildHookInterface):
    """Runs protoc over protos/sferum before hatchling collects the files of the distribution."""

    def initialize(self, version: str, build_data: dict) -> None:
        """Writes the generated modules; raises SystemExit if protoc refuses a file."""
        import google.api
        from grpc_tools import protoc

        root = Path(self.root)
        out = root / "gen"
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir()
        shipped = out / "shipped.binpb"
        shipped.write_bytes(shipped_descriptors())
        google_apis = Path(next(iter(google.api.__path__))).parents[1]
        protos = [str(path.relative_to(root)) for path in sorted(root.glob("sferum/**/*.proto"))]
        inputs = ["protoc", f"--descriptor_set_in={shipped}", f"-I{root}", f"-I{google_apis}"]
        plugins = [f"--{plugin}_out={out}" for plugin in ("python", "pyi", "grpc_python")]
        image = ["--include_imports", "--include_source_info", f"--descriptor_set_out={out / 'api.binpb'}"]
        code = protoc.main([*inputs, *plugins, *protos, "buf/validate/validate.proto"])
        code = code or protoc.main([*inputs, *image, *protos])
        shipped.unlink()
        if code:
            raise SystemExit("protoc failed: see the messages above")
        for package in {path.parent for path in out.glob("sferum/*/*/*_pb2.py")}:
            (package / "py.typed").touch()


def shipped_descriptors() -> bytes:
    """Returns validate.proto and the well-known types as a FileDescriptorSet: the wheels ship descriptors, not files."""
    import protovalidate._gen.buf.validate.validate_pb as validate
    from google.protobuf import descriptor_pb2, duration_pb2, field_mask_pb2, struct_pb2, timestamp_pb2

    constants = (node.value for node in ast.walk(ast.parse(inspect.getsource(validate))) if isinstance(node, ast.Constant))
    raw = next(value for value in constants if isinstance(value, bytes) and b"buf/validate/validate.proto" in value[:60])
    files = descriptor_pb2.FileDescriptorSet()
    for module in (descriptor_pb2, duration_pb2, field_mask_pb2, struct_pb2, timestamp_pb2):
        module.DESCRIPTOR.CopyToProto(files.file.add())
    files.file.append(descriptor_pb2.FileDescriptorProto.FromString(raw))
    return files.SerializeToString()
