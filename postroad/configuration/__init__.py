"""config/<stage>.toml: what a platform team sets for one stage. Read at synthesis, never in Lambda."""

from postroad.configuration.limits import Retention, Timing
from postroad.configuration.loader import ConfigurationError, load, parse
from postroad.configuration.model import (
    LOCAL_STAGE,
    Alarms,
    Attachments,
    Aws,
    Configuration,
    Domain,
    Producer,
    Recipients,
    Web,
)
from postroad.configuration.stream import Stream

__all__ = [
    "LOCAL_STAGE",
    "Alarms",
    "Attachments",
    "Aws",
    "Configuration",
    "ConfigurationError",
    "Domain",
    "Producer",
    "Recipients",
    "Retention",
    "Stream",
    "Timing",
    "Web",
    "load",
    "parse",
]
