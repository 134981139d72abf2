"""What the shell is offered to complete a word with. Nothing here asks AWS, or imports what is slow.

A completion that can't be made is none: the shell must never show an error of ours among what is typed.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from postroad.contract.words import Reason
from postroad.names import LOCAL_STAGE

if TYPE_CHECKING:
    from collections.abc import Iterator

CONFIGURATION_FOLDER = Path("config")
TEMPLATES_FOLDER = Path("templates")
JOURNEYS_FOLDER = Path("journeys")
_NO_STAGE = frozenset({"brand", "topics"})
"""Files of the configuration that are no stage's."""


def complete_stages(incomplete: str) -> list[str]:
    """Offer the stages that config/ has a file for."""
    found = sorted(file.stem for file in CONFIGURATION_FOLDER.glob("*.toml") if file.stem not in _NO_STAGE)
    return _beginning(incomplete, found)


def complete_streams(ctx: Any, incomplete: str) -> list[str]:  # noqa: ANN401 - typer's own context
    """Offer the streams of the stage's configuration."""
    return _beginning(incomplete, _streams(_stage(ctx)))


def complete_templates(incomplete: str) -> list[str]:
    """Offer the e-mails in templates/; the base begins with an underscore and is none."""
    found = (folder.parent.name for folder in TEMPLATES_FOLDER.glob("*/body.html"))
    return _beginning(incomplete, sorted(name for name in found if not name.startswith("_")))


def complete_journeys(incomplete: str) -> list[str]:
    """Offer the journeys in journeys/."""
    return _beginning(incomplete, sorted(file.stem for file in JOURNEYS_FOLDER.glob("*.yaml")))


def complete_scopes(ctx: Any, incomplete: str) -> list[str]:  # noqa: ANN401 - as above
    """Offer `all`, and each stream; topics are whatever messages name."""
    streams = [f"stream:{name}" for name in _streams(_stage(ctx))]
    return _beginning(incomplete, ["all", *streams, "topic:"])


def complete_reasons(incomplete: str) -> list[str]:
    """Offer the reasons that an address is suppressed for."""
    words = (Reason.HARD_BOUNCE, Reason.COMPLAINT, Reason.MANUAL, Reason.UNSUBSCRIBED, Reason.SOFT_BOUNCES)
    return _beginning(incomplete, [reason.value for reason in words])


def _beginning(incomplete: str, words: list[str]) -> list[str]:
    return [word for word in words if word.startswith(incomplete) and word.isprintable()]


def _stage(ctx: Any) -> str:  # noqa: ANN401 - as above
    """Return the stage that the words so far name: after the command, before it, or the variable."""
    while ctx is not None:
        if stage := ctx.params.get("stage"):
            return str(stage)
        ctx = ctx.parent
    return LOCAL_STAGE


def _streams(stage: str) -> list[str]:
    try:
        content = tomllib.loads((CONFIGURATION_FOLDER / f"{stage}.toml").read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return []
    streams = content.get("streams")
    return sorted(_names(streams)) if isinstance(streams, dict) else []


def _names(streams: dict[str, object]) -> Iterator[str]:
    return (name for name in streams if name.isprintable())
