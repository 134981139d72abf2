"""`aws` as far as the documents use it: the same words, turned into requests by botocore's own models.

The documents' commands are checked and run by this, so that tests need no AWS command line of the machine's.
`python -m tests.aws_command sqs send-message …` runs one against what the environment points at.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import jmespath
from botocore import xform_name
from botocore.session import get_session
from botocore.validate import ParamValidator

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


OF_THE_COMMAND_LINE_ITSELF = {
    ("configure", "sso"): set[str](),
    ("s3", "rb"): {"--force"},
    ("logs", "tail"): {"--since", "--filter-pattern", "--follow", "--format"},
}
"""Commands that are no operation of a service, with options of theirs that we use."""


class UnknownCommandError(Exception):
    """AWS has no such operation, or the operation no such option."""


@dataclass(slots=True)
class Call:
    """One request, and what is shown of its answer."""

    service: str
    operation: Any
    """botocore's OperationModel, whose stubs leave most of it out."""
    parameters: dict[str, Any] = field(default_factory=dict)
    query: str = "@"
    output: str = "json"


def read_call(words: Sequence[str], *, files: bool = True) -> Call:
    """Read the words after `aws`; without `files` none is read. Raises UnknownCommandError."""
    service, name, *options = words
    try:
        model = get_session().get_service_model({"s3api": "s3"}.get(service, service))
    except Exception as error:
        raise UnknownCommandError(f"no service {service}") from error
    operations = {xform_name(each, "-"): each for each in model.operation_names}
    if name not in operations:
        raise UnknownCommandError(f"aws {service} has no {name}")
    call = Call(model.service_name, model.operation_model(operations[name]))
    shape = call.operation.input_shape
    members = {xform_name(each, "-"): each for each in (shape.members if shape else ())}
    for option, values in _options(options):
        if option in {"query", "output"}:
            setattr(call, option, values[0])
            continue
        plain = option if option in members else option.removeprefix("no-")
        if plain not in members or shape is None:
            raise UnknownCommandError(f"aws {service} {name} has no --{option}")
        member = shape.members[members[plain]]
        if member.type_name == "boolean":
            call.parameters[members[plain]] = plain == option
        else:
            call.parameters[members[plain]] = _value(member, values, files=files)
    report = ParamValidator().validate(call.parameters, shape)
    # What a reader fills in has another length than its name.
    if [error for error in report._errors if files or error[0] != "invalid length"]:
        raise UnknownCommandError(f"aws {service} {name}: {report.generate_report()}")
    return call


def _options(words: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    name = ""
    values: list[str] = []
    for word in words:
        if word.startswith("--"):
            if name:
                yield name, values
            name, values = word.removeprefix("--"), []
        elif name:
            values.append(word)
        else:
            raise UnknownCommandError(f"{word} belongs to no option")
    if name:
        yield name, values


def _value(shape: Any, words: list[str], *, files: bool) -> Any:  # noqa: ANN401 - as in Call
    if shape.type_name == "list" and not words[0].startswith("["):
        return [_value(shape.member, [word], files=files) for word in words]
    (text,) = words
    if text.startswith("file://"):
        text = Path(text.removeprefix("file://")).read_text("utf-8") if files else "{}"
    if shape.type_name == "timestamp" and not files:
        return datetime.now(UTC)
    if shape.type_name == "string":
        return text
    if shape.type_name == "blob":
        return Path(text).read_bytes() if files else b""
    if shape.type_name == "structure" and not text.startswith("{"):
        return dict(part.split("=", 1) for part in text.split(","))
    return json.loads(text)


def _text(value: Any) -> str:  # noqa: ANN401 - an answer's values are of any type
    if isinstance(value, list):
        separator = "\n" if any(isinstance(each, list) for each in value) else "\t"
        return separator.join(map(_text, value))
    return value.isoformat() if isinstance(value, datetime) else "None" if value is None else str(value)


def main() -> None:
    """Make the request, and print what the query finds in its answer."""
    call = read_call(sys.argv[1:])
    client: Any = boto3.session.Session().client(call.service)  # type: ignore[call-overload]  # any service at all
    answer = getattr(client, xform_name(call.operation.name))(**call.parameters)
    answer.pop("ResponseMetadata", None)
    found = jmespath.search(call.query, answer)
    print(_text(found) if call.output == "text" else json.dumps(found, default=str, indent=4))  # noqa: T201 - it is a command


if __name__ == "__main__":
    main()
