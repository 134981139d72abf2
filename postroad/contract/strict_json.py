"""JSON as the contract takes it: UTF-8, no key twice, no NaN, not too deep. What is wrong is a `Problem`."""

import json
import re
from typing import NoReturn

from postroad.contract.checks import Problem
from postroad.contract.words import Reason

# Far more than a template can show, and far less than Python's stack.
MAX_DEPTH = 64

_PLAIN_KEY = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")


def to_bytes(body: str | bytes, *, most: int, instead: str) -> bytes:
    """Return the body in UTF-8; `instead` says what to do where it is over `most` bytes. Raises Problem."""
    # A character is at least one byte, so a text too long in characters need not be encoded to be refused.
    if len(body) > most:
        raise Problem(Reason.TOO_LARGE, "body", instead)
    if isinstance(body, bytes):
        return body
    try:
        raw = body.encode()
    except UnicodeEncodeError:
        raise Problem(Reason.NOT_JSON, "body", "is not UTF-8; write UTF-8") from None
    if len(raw) > most:
        raise Problem(Reason.TOO_LARGE, "body", instead)
    return raw


def load(raw: bytes) -> tuple[object, set[str]]:
    """Read JSON with the standard library, which alone can tell a repeated key, and return those keys too.

    Raises Problem.
    """
    repeated: set[str] = set()

    def build(pairs: list[tuple[str, object]]) -> dict[str, object]:
        result = dict(pairs)
        if len(result) < len(pairs):
            seen: set[str] = set()
            for key, _ in pairs:
                (repeated if key in seen else seen).add(key)
        return result

    try:
        return json.loads(raw.decode(), object_pairs_hook=build, parse_constant=_refuse_constant), repeated
    except RecursionError:
        raise Problem(Reason.SCHEMA, "body", _TOO_DEEP) from None
    except UnicodeDecodeError:
        raise Problem(Reason.NOT_JSON, "body", "is not UTF-8; write UTF-8") from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise Problem(
            Reason.NOT_JSON, "body", f"is not JSON from {where} on; write one JSON object"
        ) from None
    except ValueError:  # an integer of more digits than Python reads (sys.get_int_max_str_digits)
        raise Problem(
            Reason.NOT_JSON, "body", "holds a number of thousands of digits; write it as a text"
        ) from None


_TOO_DEEP = f"is nested more than {MAX_DEPTH} levels deep; flatten it"


def _refuse_constant(name: str) -> NoReturn:
    raise Problem(Reason.NOT_JSON, "body", f"holds {name}, which is not JSON; write null or leave it out")


def check_shape(document: object, repeated: set[str]) -> None:
    """Raise Problem for a key that occurs twice, and for what is nested too deep."""
    if repeated:
        shown = sorted(key for key in repeated if _PLAIN_KEY.match(key))
        raise Problem(
            Reason.NOT_JSON,
            shown[0] if shown else "body",
            "occurs twice in one object; write each key once"
            if shown
            else "holds an object with a key that occurs twice; write each key once",
        )
    level, depth = [document], 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            raise Problem(Reason.SCHEMA, "body", _TOO_DEEP)
        level = [
            child
            for node in level
            for child in (node.values() if isinstance(node, dict) else node if isinstance(node, list) else ())
            if isinstance(child, (dict, list))
        ]


def surrogates() -> Problem:
    """Say what msgspec alone finds: the standard library lets halves of surrogate pairs pass."""
    return Problem(
        Reason.NOT_JSON,
        "body",
        r"holds half of a surrogate pair (\ud800 to \udfff); write whole characters",
    )
