"""The rules that stand in the proto files, applied to a request."""

from typing import Any

import protovalidate
from google.protobuf.message import Message

from binding_server.domain.reasons import Reason
from binding_server.domain.refusal import Refusal


class RequestRules:
    """Checks requests. One instance for the process: it compiles the rules of a message type once."""

    def __init__(self) -> None:
        self._validator = protovalidate.Validator()

    def violations(self, request: Message) -> list[tuple[str, str]]:
        """Returns what breaks a rule, as pairs of a field's path (`records[3].person.id`) and what is wrong."""
        found = self._validator.collect_violations(request)
        return [(_path(violation.proto), violation.proto.message or violation.proto.rule_id) for violation in found]

    def check(self, request: Message) -> None:
        """Raises Refusal REQUEST_INVALID with every field that breaks a rule."""
        found = self.violations(request)
        if found:
            raise Refusal(Reason.REQUEST_INVALID, fields=found)


def _path(violation: Any) -> str:
    path = ""
    for element in violation.field.elements if violation.field else ():
        path += f".{element.field_name}" if path else element.field_name
        subscript = element.subscript
        if subscript is not None:
            path += f"[{subscript.value}]"
    return path
