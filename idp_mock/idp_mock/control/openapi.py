"""The OpenAPI document of the control calls over HTTP, made from the descriptors of the proto files."""

from collections.abc import Iterable
from typing import Any

from google.api import field_behavior_pb2
from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor, ServiceDescriptor

Document = dict[str, Any]

_SCALARS: dict[int, Document] = {
    FieldDescriptor.TYPE_DOUBLE: {"type": "number", "format": "double"},
    FieldDescriptor.TYPE_FLOAT: {"type": "number", "format": "float"},
    FieldDescriptor.TYPE_INT32: {"type": "integer", "format": "int32"},
    FieldDescriptor.TYPE_UINT32: {"type": "integer", "format": "int64", "minimum": 0},
    # JSON's form of a 64 bit number is text; numbers are taken too.
    FieldDescriptor.TYPE_INT64: {"type": "string", "format": "int64"},
    FieldDescriptor.TYPE_UINT64: {"type": "string", "format": "uint64"},
    FieldDescriptor.TYPE_BOOL: {"type": "boolean"},
    FieldDescriptor.TYPE_STRING: {"type": "string"},
    FieldDescriptor.TYPE_BYTES: {"type": "string", "contentEncoding": "base64"},
}
_WELL_KNOWN: dict[str, Document] = {
    "google.protobuf.Timestamp": {"type": "string", "format": "date-time"},
    "google.protobuf.Duration": {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]{1,9})?s$", "examples": ["90s"]},
    "google.protobuf.Struct": {"type": "object"},
    "google.protobuf.Value": {},
}


def openapi(services: Iterable[ServiceDescriptor], *, token: bool) -> Document:
    """The document, OpenAPI 3.1.

    Args:
        services: whose methods are served as `POST /control/v1/{Method}`.
        token: calls need the control token.
    """
    schemas: dict[str, Document] = {"Error": _ERROR}
    paths: dict[str, Document] = {}
    for service in services:
        for method in service.methods:
            paths[f"/control/v1/{method.name}"] = {
                "post": {
                    "operationId": method.name,
                    "tags": [service.name],
                    "summary": _words(method.name),
                    "requestBody": {"required": False, **_content(_message(method.input_type, schemas))},
                    "responses": {
                        "200": {"description": "OK", **_content(_message(method.output_type, schemas))},
                        "default": {
                            "description": "A refusal; nothing was done.",
                            **_content({"$ref": "#/components/schemas/Error"}),
                        },
                    },
                }
            }
    components: Document = {"schemas": dict(sorted(schemas.items()))}
    document: Document = {
        "openapi": "3.1.0",
        "info": {"title": "Control of the identity simulator", "version": "v1"},
        "paths": paths,
        "components": components,
    }
    if token:
        components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        document["security"] = [{"token": []}]
    return document


_ERROR: Document = {
    "type": "object",
    "required": ["code", "message"],
    "properties": {
        "code": {"type": "string", "description": "Name of a gRPC status code, such as NOT_FOUND."},
        "message": {"type": "string", "description": "What is wrong, beginning with the field or the thing."},
    },
}


def _content(schema: Document) -> Document:
    return {"content": {"application/json": {"schema": schema}}}


def _message(descriptor: Descriptor, schemas: dict[str, Document]) -> Document:
    known = _WELL_KNOWN.get(descriptor.full_name)
    if known is not None:
        return known
    if descriptor.name not in schemas:
        # Noted first: a message may hold itself.
        made = schemas[descriptor.name] = {"type": "object", "additionalProperties": False, "properties": {}}
        made["properties"] = {field.name: _field(field, schemas) for field in descriptor.fields}
        required = [field.name for field in descriptor.fields if _is(field, field_behavior_pb2.REQUIRED)]
        if required:
            made["required"] = required
    return {"$ref": f"#/components/schemas/{descriptor.name}"}


def _field(field: FieldDescriptor, schemas: dict[str, Document]) -> Document:
    schema = _single(field, schemas)
    if field.is_repeated:
        schema = {"type": "array", "items": schema}
    return {**schema, "readOnly": True} if _is(field, field_behavior_pb2.OUTPUT_ONLY) else schema


def _single(field: FieldDescriptor, schemas: dict[str, Document]) -> Document:
    if field.message_type is not None:
        return _message(field.message_type, schemas)
    if field.enum_type is not None:
        enum: EnumDescriptor = field.enum_type
        schemas.setdefault(enum.name, {"type": "string", "enum": [value.name for value in enum.values]})
        return {"$ref": f"#/components/schemas/{enum.name}"}
    return dict(_SCALARS[field.type])


def _is(field: FieldDescriptor, behavior: int) -> bool:
    extension: Any = field_behavior_pb2.field_behavior
    return behavior in field.GetOptions().Extensions[extension]


def _words(name: str) -> str:
    spread = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name).strip()
    return spread[:1].upper() + spread[1:]
