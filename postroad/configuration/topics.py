"""config/topics.toml: what recipients can subscribe to and leave. Read at build and by the command line."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast

from postroad.configuration.problems import ConfigurationError, Problem, shown
from postroad.contract.locale import LOCALE_PATTERN

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

    from postroad.configuration.keys import Step

TOPICS = "topics.toml"
"""Lies beside the stages' files, and is none."""
OptIn = Literal["single", "double"]
DEFAULT_LOCALE = "en"
MOST_TOPICS = 40
"""What a person chooses of all of them is one transaction, which takes 100 items: two for each topic."""
MOST_OF_A_NAME = 80
MOST_OF_A_DESCRIPTION = 300
_TOPIC = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")
"""As messages name it: postroad/contract/message.py."""
_KEYS = ("stream", "opt_in", "keep_ip", "names", "descriptions")


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic. `names` and `descriptions` are what recipients see, by locale; English is always there.

    `keep_ip`: a record of consent holds the IP address that it was given from, where a page took it.
    """

    name: str
    stream: str
    opt_in: OptIn
    names: Mapping[str, str]
    descriptions: Mapping[str, str]
    keep_ip: bool = False


def read_topics(folder: Path) -> dict[str, Topic]:
    """Read and check the topics, by name; none where there is no file.

    Raises ConfigurationError, which names every problem of the file.
    """
    file = folder / TOPICS
    try:
        content = tomllib.loads(file.read_bytes().decode("utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        sentence = f"not TOML in UTF-8: {error}"
    else:
        if problems := list(_problems(content)):
            raise ConfigurationError(str(file), problems)
        return {
            name: Topic(
                name,
                facts["stream"],
                facts["opt_in"],
                facts["names"],
                facts["descriptions"],
                facts.get("keep_ip", False),
            )
            for name, facts in content.get("topics", {}).items()
        }
    raise ConfigurationError(str(file), [Problem((), sentence)])


def streams_of(folder: Path) -> set[str]:
    """Name the streams of all stages, as far as their files can be read."""
    found: set[str] = set()
    for file in folder.glob("*.toml"):
        try:
            streams = tomllib.loads(file.read_bytes().decode("utf-8")).get("streams")
        except (ValueError, RecursionError):  # no TOML, no UTF-8: told when that stage is deployed
            continue
        found |= streams.keys() if isinstance(streams, dict) else set()
    return found


def without_topics(topics: Mapping[str, Topic], unsubscribable: Mapping[str, bool]) -> list[str]:
    """Return the streams that can be unsubscribed and have no topic: what they name is then not checked."""
    used = {topic.stream for topic in topics.values()}
    return [name for name, able in unsubscribable.items() if able and name not in used]


def check_streams(
    topics: Mapping[str, Topic],
    unsubscribable: Mapping[str, bool],
    *,
    file: str,
    elsewhere: Collection[str] = (),
) -> None:
    """Hold each topic to a stream whose mail can be unsubscribed; `unsubscribable` says it of this stage's.

    `elsewhere` are streams that other stages have: all share the topics, and need not have all streams.
    Raises ConfigurationError, which names every problem; `file` is what it calls the topics' file.
    """
    can = [name for name, able in unsubscribable.items() if able]
    left_out = set(elsewhere) - unsubscribable.keys()
    problems = [
        Problem(
            ("topics", topic.name, "stream"),
            f"expected a stream that can be unsubscribed ({', '.join(can) or 'there is none'}), "
            f"got {shown(topic.stream)}; name another, or let it be unsubscribed in the stage's file",
        )
        for topic in topics.values()
        if topic.stream not in can and topic.stream not in left_out
    ]
    if problems:
        raise ConfigurationError(file, problems)


def _problems(content: Mapping[str, object]) -> Iterator[Problem]:
    for key in content.keys() - {"topics"}:
        yield Problem((key,), "unknown key; expected tables [topics.<name>]")
    topics = content.get("topics", {})
    if not isinstance(topics, dict):
        yield Problem(("topics",), f"expected tables [topics.<name>], got {shown(topics)}")
        return
    if len(topics) > MOST_TOPICS:
        yield Problem(("topics",), f"expected {MOST_TOPICS} topics at most, got {len(topics)}; join some")
    for name, facts in topics.items():
        path: tuple[Step, ...] = ("topics", name)
        if not _TOPIC.fullmatch(name):
            yield Problem(
                path,
                "expected a name of 1 to 64 characters of a-z 0-9 _ . -, beginning with a letter or digit",
            )
        if not isinstance(facts, dict):
            yield Problem(path, f"expected a table with {', '.join(_KEYS)}, got {shown(facts)}")
            continue
        yield from _of_topic(path, cast("dict[str, object]", facts))


def _of_topic(path: tuple[Step, ...], facts: Mapping[str, object]) -> Iterator[Problem]:
    for key in facts:
        if key not in _KEYS:
            yield Problem((*path, key), f"unknown key; expected one of {', '.join(_KEYS)}")
    stream = facts.get("stream")
    if not isinstance(stream, str) or not stream:
        yield Problem((*path, "stream"), _expected("the name of a stream", stream))
    if facts.get("opt_in") not in {"single", "double"}:
        yield Problem((*path, "opt_in"), _expected('"single" or "double"', facts.get("opt_in")))
    if not isinstance(facts.get("keep_ip", False), bool):
        yield Problem((*path, "keep_ip"), _expected("true or false", facts["keep_ip"]))
    yield from _texts((*path, "names"), facts.get("names"), MOST_OF_A_NAME)
    yield from _texts((*path, "descriptions"), facts.get("descriptions"), MOST_OF_A_DESCRIPTION)


def _texts(path: tuple[Step, ...], texts: object, most: int) -> Iterator[Problem]:
    expected = f"a text of 1 to {most} characters"
    if not isinstance(texts, dict):
        yield Problem(path, _expected(f"{expected} by locale, as {{ {DEFAULT_LOCALE} = … }}", texts))
        return
    if DEFAULT_LOCALE not in texts:
        yield Problem((*path, DEFAULT_LOCALE), f"missing; expected {expected}, shown where a locale has none")
    for locale, text in texts.items():
        if not re.match(LOCALE_PATTERN, locale):
            yield Problem((*path, locale), "expected a locale such as es or zh-Hans (BCP 47)")
        if not isinstance(text, str) or not 0 < len(text) <= most or not text.isprintable():
            yield Problem((*path, locale), _expected(f"{expected}, on one line", text))


def _expected(what: str, value: object) -> str:
    return f"missing; expected {what}" if value is None else f"expected {what}, got {shown(value)}"
