"""The whole of Postroad on one machine: emulated cloud, SES simulator with its inbox, and the demo."""

from postroad.local.connection import connection
from postroad.local.deploy import stack_outputs
from postroad.local.environment import environment
from postroad.local.errors import LocalCloudError
from postroad.local.lifecycle import down, status, up
from postroad.local.state import DEFAULT_FOLDER, State

__all__ = [
    "DEFAULT_FOLDER",
    "LocalCloudError",
    "State",
    "connection",
    "down",
    "environment",
    "stack_outputs",
    "status",
    "up",
]
