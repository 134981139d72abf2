"""A stage's dashboard as CloudWatch would get it, and what its widgets look at."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.infrastructure.templates import Stacks

Widget = dict[str, Any]


@dataclass(frozen=True)
class Series:
    """A metric or an expression of a widget. An expression has no namespace."""

    options: dict[str, Any]
    namespace: str = ""
    name: str = ""
    dimensions: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Drawn:
    """A dashboard as CloudWatch would get it."""

    name: str
    body: str

    @property
    def widgets(self) -> list[Widget]:
        widgets: list[Widget] = json.loads(self.body)["widgets"]
        return widgets

    def titled(self, start: str) -> Widget:
        (found,) = [each for each in self.widgets if each["properties"].get("title", "").startswith(start)]
        return found

    @property
    def text(self) -> str:
        return "\n".join(each["properties"]["markdown"] for each in self.widgets if each["type"] == "text")


def drawn(stacks: Stacks) -> Drawn:
    (found,) = stacks.properties("AWS::CloudWatch::Dashboard")
    return Drawn(found["DashboardName"], stacks.readable(found["DashboardBody"]))


def series(widget: Widget) -> Iterator[Series]:
    """Yield what a widget looks at; `.` stands for the same as in the line before."""
    before: list[str] = []
    for line in widget["properties"].get("metrics", []):
        options = line[-1] if isinstance(line[-1], dict) else {}
        words = line[:-1] if options else line
        if "expression" in options:
            yield Series(options)
            continue
        before = [before[place] if word == "." else word for place, word in enumerate(words)]
        assert "..." not in before
        namespace, name, *rest = before
        yield Series(options, namespace, name, dict(zip(rest[::2], rest[1::2], strict=True)))


def measured(dashboard: Drawn, namespace: str) -> list[Series]:
    return [each for widget in dashboard.widgets for each in series(widget) if each.namespace == namespace]
