"""config/<stage>.toml: what a platform team sets for one stage. Read at synthesis, never in Lambda."""

from postroad.configuration.limits import Timing
from postroad.configuration.loader import load, parse, stages
from postroad.configuration.model import (
    Alarms,
    Attachments,
    Aws,
    Configuration,
    Domain,
    Governor,
    Producer,
    Recipients,
    Web,
)
from postroad.configuration.problems import ConfigurationError, Problem
from postroad.configuration.retention import Retention
from postroad.configuration.shares import check_shares, shares_of_account
from postroad.configuration.sizing import Sizing
from postroad.configuration.stream import Stream

__all__ = [
    "Alarms",
    "Attachments",
    "Aws",
    "Configuration",
    "ConfigurationError",
    "Domain",
    "Governor",
    "Problem",
    "Producer",
    "Recipients",
    "Retention",
    "Sizing",
    "Stream",
    "Timing",
    "Web",
    "check_shares",
    "load",
    "parse",
    "shares_of_account",
    "stages",
]
