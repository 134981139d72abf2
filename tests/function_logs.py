"""What the deployed functions have written to their logs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import boto3

from postroad.local.connection import connection

if TYPE_CHECKING:
    from postroad.local.state import State

PREFIX = "/aws/lambda/postroad-"


def function_logs(state: State) -> dict[str, list[str]]:
    """Return every line of each function's log, by the function's name."""
    client = boto3.client("logs", **connection(state))
    found: dict[str, list[str]] = {}
    for groups in client.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=PREFIX):
        for group in groups["logGroups"]:
            name = group["logGroupName"]
            pages = client.get_paginator("filter_log_events").paginate(logGroupName=name)
            found[name.rpartition("/")[2]] = [event["message"] for page in pages for event in page["events"]]
    client.close()
    return found
