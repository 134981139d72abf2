"""From words and files to a message: what `postroad send` enqueues."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from postroad.cli.problem import ExitCode, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TEMPLATES = Path("templates")
EXAMPLE = "example"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_WHOLE = frozenset({"schema", "message_id", "stream", "to"})
"""Fields of a message that data rarely has; two of them give it away."""


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A file to attach: where it lies, and what the recipient sees."""

    path: Path
    filename: str


def local_file(path: str) -> LocalFile:
    """Return a file under its own name."""
    return LocalFile(Path(path), Path(path).name)


def compose(
    *, template: str, to: str, name: str | None, data: Mapping[str, Any], tags: Mapping[str, str],
    **others: str | None,
) -> dict[str, object]:  # fmt: skip
    """Return the fields of postroad.message.v1; what was not given is left out."""
    recipient = {"email": to} if name is None else {"email": to, "name": name}
    message: dict[str, object] = {"template": template, "to": recipient, "data": data}
    if tags:
        message["tags"] = tags
    return message | {field: value for field, value in others.items() if value is not None}


def read_message(source: str, *, message_id: str | None) -> dict[str, Any]:
    """Return the message in a file, or on standard input for `-`, with this id where one is given."""
    message = read_object(
        source, "Write a message of postroad.message.v1; docs/reference/contract.md shows one."
    )
    return message if message_id is None else message | {"message_id": message_id}


def read_data(source: str | None) -> dict[str, Any]:
    """Return the data in a file, or on standard input for `-`; an empty object if nothing is named."""
    if source is None:
        return {}
    data = read_object(source, 'Write what the template shows as {"name": value, …}.')
    if "schema" in data and len(_WHOLE & data.keys()) > 1:
        raise Problem(
            f"{source} is a whole message, and --data takes only what the template shows.",
            f"Give it as it is: postroad send --message {source}",
            ExitCode.USAGE,
        )
    return data


def read_example(template: str) -> tuple[dict[str, Any], list[LocalFile]]:
    """Return the example data of a template in the working folder, and the files that go with it."""
    folder = TEMPLATES / template
    if not _NAME.fullmatch(template) or not (folder / f"{EXAMPLE}.json").is_file():
        known = sorted(found.parent.name for found in TEMPLATES.glob(f"*/{EXAMPLE}.json"))
        raise Problem(
            f"There is no example data of {template!r} here: {folder / EXAMPLE}.json.",
            f"Name one of {', '.join(known)}."
            if known
            else "Run the command in the folder of your Postroad repository.",
            ExitCode.NOT_FOUND,
        )
    data = read_data(str(folder / f"{EXAMPLE}.json"))
    return data, [
        LocalFile(found, _filename(data, template, found))
        for found in sorted(folder.glob(f"{EXAMPLE}.*"))
        if found.suffix != ".json" and found.is_file()
    ]


def read_tags(given: Sequence[str]) -> dict[str, str]:
    """Return tags written as `name=value`."""
    tags: dict[str, str] = {}
    for each in given:
        name, sign, value = each.partition("=")
        if not sign or not name:
            raise Problem(f"{each!r} is no tag.", "Write it as name=value.", ExitCode.USAGE)
        if name in tags:
            raise Problem(
                f"The tag {name!r} is given twice.", "A tag has one value: leave one out.", ExitCode.USAGE
            )
        tags[name] = value
    return tags


def read_object(source: str, expected: str) -> dict[str, Any]:
    """Return the JSON object in a file, or on standard input for `-`; some editors begin it with a mark."""
    try:
        text = sys.stdin.read() if source == "-" else Path(source).read_text(encoding="utf-8")
        value = json.loads(text.removeprefix("\ufeff"), object_pairs_hook=_each_once)
    except OSError as error:
        raise Problem(
            f"{source} can't be read: {error.strerror}.", "Name a JSON file, or `-`.", ExitCode.USAGE
        ) from error
    except _TwiceError as error:
        raise Problem(
            f"{source} has the key {error.args[0]!r} twice in one object, and only one can be meant.",
            "Write each key once.",
            ExitCode.USAGE,
        ) from error
    except (ValueError, RecursionError) as error:
        raise Problem(
            f"{source} is no JSON in UTF-8: {error}.", "Mend it; `python -m json.tool` helps.", ExitCode.USAGE
        ) from error
    if not isinstance(value, dict):
        raise Problem(f"{source} holds no JSON object.", expected, ExitCode.USAGE)
    return value


class _TwiceError(Exception):
    """A key stands twice in one object; its only argument is the key."""


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Build an object as the contract's parser does, which refuses what Python would let pass."""
    made: dict[str, Any] = {}
    for key, value in pairs:
        if key in made:
            raise _TwiceError(key)
        made[key] = value
    return made


def _filename(data: Mapping[str, Any], template: str, found: Path) -> str:
    """Return the name that the mail itself tells of, if it is one for such a file."""
    told = data.get("filename")
    return told if isinstance(told, str) and Path(told).suffix == found.suffix else template + found.suffix
