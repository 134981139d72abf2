"""What each command asks of AWS, for the roles of operators. Written into docs/reference/command-line.md.

Each command has a line: an action that it makes in AWS and that is not listed here fails for somebody whose
role was made from the page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

ALWAYS = ("cloudformation:DescribeStacks",)
"""On the stage's two stacks. `sts:GetCallerIdentity`, which comes before it, needs no permission."""

_FIND = ("dynamodb:BatchGetItem", "dynamodb:Query", "secretsmanager:GetSecretValue")
_CHANGE = (*_FIND, "dynamodb:PutItem")
_STREAM = (
    ("on the schedule's table", ("dynamodb:GetItem", "dynamodb:PutItem")),
    (
        "on the stream's mapping",
        ("lambda:ListEventSourceMappings", "lambda:GetEventSourceMapping", "lambda:UpdateEventSourceMapping"),
    ),
    ("on its queue", ("sqs:GetQueueAttributes",)),
)

_RING = ("secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret")
_CHANGE_RING = (*_RING, "secretsmanager:PutSecretValue", "secretsmanager:UpdateSecretVersionStage")

PERMISSIONS: Mapping[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "send": (
        ("", ("sqs:SendMessage",)),
        ("with a file", ("s3:PutObject",)),
        ("with `--wait`", ("dynamodb:GetItem",)),
    ),
    "why": (
        ("", ("dynamodb:GetItem", "dynamodb:BatchGetItem")),
        ("with `--to`", ("dynamodb:Query", "dynamodb:BatchGetItem", "secretsmanager:GetSecretValue")),
        ("of what waits for evidence, on the schedule's table", ("dynamodb:GetItem",)),
    ),
    "report": (("on stats", ("dynamodb:Query",)),),
    "preview": (),
    "dns": (("", ("ses:GetEmailIdentity",)),),
    "load": (
        ("", ("sqs:SendMessage",)),
        ("with files attached", ("s3:PutObject",)),
        ("with `--watch`", ("dynamodb:BatchGetItem",)),
    ),
    "template new": (),
    "template approve": (),
    "suppression list": (("", ("dynamodb:Scan",)), ("with `--to`", _FIND)),
    "suppression add": (("", _CHANGE),),
    "suppression remove": (("", _CHANGE),),
    "suppression show": (("", _FIND),),
    "suppression import": (("", _CHANGE),),
    "suppression export": (("", ("dynamodb:Scan",)),),
    "suppression sync": (
        ("", (*_FIND, "dynamodb:Scan", "ses:ListSuppressedDestinations")),
        (
            "with `--apply`",
            ("dynamodb:PutItem", "ses:PutSuppressedDestination", "ses:DeleteSuppressedDestination"),
        ),
    ),
    "contact show": (
        ("on contacts", ("dynamodb:BatchGetItem", "dynamodb:Query")),
        ("on suppressions", ("dynamodb:BatchGetItem",)),
        ("on the address secret", ("secretsmanager:GetSecretValue",)),
    ),
    "contact add": (
        ("on contacts", ("dynamodb:BatchGetItem", "dynamodb:PutItem")),
        ("on suppressions", ("dynamodb:BatchGetItem",)),
        ("on the address secret", ("secretsmanager:GetSecretValue",)),
    ),
    "contact import": (
        ("on contacts", ("dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:PutItem")),
        ("on suppressions", ("dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:PutItem")),
        ("on the address secret", ("secretsmanager:GetSecretValue",)),
    ),
    "contact export": (
        ("on contacts", ("dynamodb:Scan",)),
        (
            "of one person, on contacts and suppressions",
            ("dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query"),
        ),
        ("on messages and their index", ("dynamodb:Query", "dynamodb:BatchGetItem")),
        ("on bodies", ("dynamodb:GetItem", "s3:GetObject")),
        ("on journeys", ("dynamodb:Query",)),
        ("on the address secret", ("secretsmanager:GetSecretValue",)),
        ("on SES's list", ("ses:GetSuppressedDestination",)),
    ),
    "contact erase": (
        ("on messages and their index", ("dynamodb:Query", "dynamodb:BatchGetItem")),
        ("on messages", ("dynamodb:GetItem", "dynamodb:PutItem")),
        ("on bodies", ("dynamodb:Query", "dynamodb:DeleteItem", "s3:DeleteObject")),
        (
            "on contacts",
            (
                "dynamodb:GetItem",
                "dynamodb:Query",
                "dynamodb:PutItem",
                "dynamodb:UpdateItem",
                "dynamodb:DeleteItem",
            ),
        ),
        (
            "on suppressions",
            ("dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:PutItem", "dynamodb:UpdateItem"),
        ),
        (
            "on the schedule's table",
            ("dynamodb:Query", "dynamodb:BatchWriteItem", "dynamodb:DeleteItem"),
        ),
        ("on journeys", ("dynamodb:Query", "dynamodb:DeleteItem")),
        ("on the address secret", ("secretsmanager:GetSecretValue",)),
        ("on SES's list", ("ses:GetSuppressedDestination",)),
        ("with `--remove-from-ses`", ("ses:DeleteSuppressedDestination",)),
        ("with `--proof` on contacts alone", ("dynamodb:GetItem",)),
    ),
    "event send": (("on the queue of journeys", ("sqs:SendMessage",)),),
    "journey list": (("on journeys", ("dynamodb:Query",)),),
    "journey show": (),
    "journey validate": (),
    "journey simulate": (),
    "journey record": (),
    "journey pause": (("on journeys", ("dynamodb:Query", "dynamodb:PutItem")),),
    "journey resume": (
        ("on journeys", ("dynamodb:DeleteItem", "dynamodb:Scan")),
        ("on the queue of journeys", ("sqs:SendMessage",)),
    ),
    "journey stats": (("on journeys", ("dynamodb:Scan",)), ("on stats", ("dynamodb:Query",))),
    "journey where": (
        ("on journeys", ("dynamodb:Query",)),
        ("on the address secret", ("secretsmanager:GetSecretValue",)),
    ),
    "journey enrol": (
        ("on contacts", ("dynamodb:BatchGetItem",)),
        ("on the address secret", ("secretsmanager:GetSecretValue",)),
        ("on the queue of journeys", ("sqs:SendMessage",)),
    ),
    "journey remove": (
        ("on journeys", ("dynamodb:Query", "dynamodb:GetItem", "dynamodb:PutItem")),
        ("on the address secret", ("secretsmanager:GetSecretValue",)),
    ),
    "stack outputs": (("", ALWAYS),),
    "queues": (
        ("", ("sqs:GetQueueAttributes", "cloudwatch:GetMetricStatistics")),
        ("on dead letters", ("sqs:ReceiveMessage", "sqs:ChangeMessageVisibility")),
    ),
    "queues redrive": (
        ("on dead letters", ("sqs:ReceiveMessage", "sqs:ChangeMessageVisibility", "sqs:DeleteMessage")),
        ("on the stream's queue", ("sqs:SendMessage",)),
        ("on messages", ("dynamodb:GetItem", "dynamodb:PutItem")),
        ("on bodies", ("dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan", "s3:GetObject")),
    ),
    "doctor limits": (
        ("on the account", ("ses:GetAccount", "lambda:GetAccountSettings")),
        ("on the streams' mappings", ("lambda:ListEventSourceMappings",)),
    ),
    "held list": (("", ("dynamodb:GetItem",)), ("on messages' index `held`", ("dynamodb:Query",))),
    "held release": (
        ("on the stream's queue", ("sqs:SendMessage",)),
        ("on messages", ("dynamodb:GetItem", "dynamodb:PutItem")),
        ("on bodies", ("dynamodb:GetItem", "dynamodb:Query", "s3:GetObject")),
        ("with `--all` on messages' index `held`", ("dynamodb:Query",)),
    ),
    "held drop": (
        ("on messages", ("dynamodb:GetItem", "dynamodb:PutItem")),
        ("on bodies", ("dynamodb:DeleteItem",)),
    ),
    "stream pause": _STREAM,
    "stream resume": _STREAM,
    "stream status": (
        ("on the schedule's table", ("dynamodb:GetItem",)),
        ("on the stream's mapping", ("lambda:ListEventSourceMappings", "lambda:GetEventSourceMapping")),
        ("on its queue", ("sqs:GetQueueAttributes", "cloudwatch:GetMetricStatistics")),
    ),
    "schedule list": (("on the schedule's table", ("dynamodb:GetItem", "dynamodb:Query")),),
    "schedule cancel": (
        ("on messages", ("dynamodb:GetItem", "dynamodb:PutItem")),
        ("on bodies", ("dynamodb:DeleteItem",)),
        ("on the schedule's table", ("dynamodb:BatchWriteItem",)),
    ),
    "token-keys show": (("on the ring of keys", _RING),),
    "token-keys rotate": (("on the ring of keys", _CHANGE_RING),),
    "token-keys retire": (("on the ring of keys", _CHANGE_RING),),
    "local up": (),
    "local down": (),
    "local status": (),
    "local clock show": (),
    "local clock forward": (),
}
"""By command: under which circumstances, and what is asked then; empty where it asks nothing of AWS."""
