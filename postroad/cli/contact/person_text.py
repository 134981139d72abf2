"""What is held about one person as Markdown: readable as it is, and by whatever shows Markdown. Pure."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from postroad.cli.output import as_json_text, clean
from postroad.explaining.moments import moment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_NOTHING = "Nothing."


def person_markdown(found: Mapping[str, Any], *, titles: Mapping[str, str]) -> str:
    """Return the document as text; `titles` are those of what other capabilities hold, by its name."""
    return "\n".join(_lines(found, titles)) + "\n"


def _lines(found: Mapping[str, Any], titles: Mapping[str, str]) -> Iterator[str]:
    yield f"# What we hold about {_said(found['email'])}"
    yield ""
    yield f"Made on {moment(found['exported_at'])}, stage `{found['stage']}`."
    if found["erased_at"]:
        yield f"Data of before were erased on {moment(found['erased_at'])}."
    yield from _section("Who you are", _facts(found["profile"]))
    yield from _section("What you agreed to", _table(found["consents"], _CONSENT))
    if found["consents_kept_as_proof"]:
        title = "What is kept as proof that you had agreed"
        yield from _section(title, _table(found["consents_kept_as_proof"], _CONSENT))
    if found["other_records"]:
        others = [line for each in found["other_records"] for line in (*_facts(each), "")]
        yield from _section("What else you told us", others[:-1])
    yield from _section("What stops mail to you", _table(found["suppressions"], _SUPPRESSION))
    if found["suppression_history"]:
        history = [vars_of(each) for each in found["suppression_history"]]
        yield from _section("What stopped mail to you, and when that ended", _table(history, _HISTORY))
    yield from _section("Amazon SES's own list of addresses that it mails nothing", _entry(found))
    for name, title in titles.items():
        yield from _section(title, _block(found[name]))
    yield from _section(
        "Mails", [f"{len(found['messages'])} in all, oldest first."] if found["messages"] else ()
    )
    for message in found["messages"]:
        yield from _message(message)
    yield from _section(
        "What is not in this document", [f"- {each}" for each in found["not_in_this_document"]]
    )


_CONSENT = ("topic", "status", "at", "purpose", "wording", "source", "evidence", "ip")
_SUPPRESSION = ("scope", "reason", "since", "until", "source", "evidence")
_HISTORY = ("at", "action", "scope", "reason", "source", "evidence")
_OF_A_MESSAGE = (
    "stream", "template", "to", "locale", "topic", "reason", "detail", "bounce", "waits_until", "kept_until",
)  # fmt: skip


def vars_of(entry: Any) -> Mapping[str, Any]:  # noqa: ANN401 - a dataclass or a mapping
    """Return a record's fields by name."""
    return entry if isinstance(entry, dict) else {name: getattr(entry, name) for name in entry.__slots__}


def _section(title: str, lines: Sequence[str] | Iterator[str]) -> Iterator[str]:
    yield ""
    yield f"## {title}"
    yield ""
    found = list(lines)
    yield from found or [_NOTHING]


def _message(message: Mapping[str, Any]) -> Iterator[str]:
    yield ""
    yield f"### {_said(message['message_id'])}: {message['status']}"
    yield ""
    yield from (_said(sentence) + "  " for sentence in message["in_words"])
    yield ""
    yield from (
        f"- {name.replace('_', ' ')}: {_said(_inline(message[name]))}"
        for name in _OF_A_MESSAGE
        if message[name]
    )
    yield from (f"- tag {_said(name)}: {_said(value)}" for name, value in sorted(message["tags"].items()))
    yield from (f"- {moment(step['at'])}: {step['what'].replace('_', ' ')}" for step in message["timeline"])
    yield from (f"- note: {_said(note)}" for note in message["notes"])
    if message["body"] is not None:
        yield ""
        yield "What is to be mailed, as it waits:"
        yield ""
        yield from _block(message["body"])


def _entry(found: Mapping[str, Any]) -> list[str]:
    entry = found["ses_suppression_list"]
    if entry is None:
        return ["You are not on it."]
    return [entry] if isinstance(entry, str) else _facts(vars_of(entry))


def _facts(record: Mapping[str, Any] | None) -> list[str]:
    lines: list[str] = []
    for name, value in (record or {}).items():
        if name == "ttl" and isinstance(value, int):
            lines.append(f"- kept until: {moment(datetime.fromtimestamp(value, UTC))}")
        elif isinstance(value, dict):
            lines += [f"- {_said(name)}, {_said(each)}: {_said(_inline(its))}" for each, its in value.items()]
        elif not _is_blank(value):
            lines.append(f"- {_said(name.replace('_', ' '))}: {_said(_inline(value))}")
    return lines


def _table(records: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> list[str]:
    if not records:
        return []
    cells = [[_said(_inline(record[name])).replace("|", "\\|") for name in columns] for record in records]
    used = [place for place in range(len(columns)) if any(row[place] for row in cells)]
    head = [columns[place] for place in used]
    rows = [head, ["---"] * len(used), *([row[place] for place in used] for row in cells)]
    return [f"| {' | '.join(row)} |" for row in rows]


def _block(value: object) -> list[str]:
    """Return anything as indented JSON, in which nothing is markup."""
    if value in (None, [], {}):
        return []
    text = value if isinstance(value, str) else as_json_text({"": value})[len('{\n  "": ') : -len("\n}")]
    return [f"    {clean(line)}" for line in text.splitlines()]


def _is_blank(value: object) -> bool:
    return value is None or value == ""


def _inline(value: object) -> str:
    match value:
        case None:
            return ""
        case datetime():
            return moment(value)
        case str():
            return str(value)
        case dict():
            return ", ".join(f"{name} {_inline(each)}" for name, each in value.items() if not _is_blank(each))
        case list() | tuple():
            return ", ".join(map(_inline, value))
        case _:
            return json.dumps(value)


def _said(text: object) -> str:
    """Return what somebody wrote on one line, with nothing in it that Markdown or HTML would act on."""
    line = " ".join(str(text).split())
    return "".join(
        f"\\{letter}" if letter in "\\`*[]<>#!" else letter for letter in line if letter.isprintable()
    )
