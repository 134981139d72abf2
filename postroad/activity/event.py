"""Something that a contact did, as journeys see it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Event:
    """Something that a contact did. `properties` are what came with it: any JSON."""

    name: str
    at: datetime
    event_id: str
    properties: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
