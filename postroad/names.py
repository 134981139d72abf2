"""The names that a stage gives to what it deploys. Pure.

Stacks make them; the client and the command line find what was deployed by them: from here, so that both say
the same.
"""

STAGE_NAME = r"[a-z][a-z0-9]{0,15}"
"""The pattern of a stage's name."""
LOCAL_STAGE = "local"
"""The stage that runs on one machine, in the emulated cloud."""
LOCAL_ACCOUNT = "000000000000"
"""The emulated account, which no other stage is ever deployed to."""


def resource_name(stage: str, *words: str) -> str:
    """Return a name in AWS: `postroad-prod-messages`."""
    return "-".join(("postroad", stage, *words))


def parameter_name(stage: str, *words: str) -> str:
    """Return the name of an SSM parameter: `/postroad/prod/transactional/queue-url`."""
    return "/" + "/".join(("postroad", stage, *words))


def queue_parameter(stage: str, stream: str) -> str:
    """Return the SSM parameter that holds the URL of a stream's queue."""
    return parameter_name(stage, stream, "queue-url")


EVENTS_POLICY = "report-events"
"""The last word of the name of the managed policy by which applications report events."""


def journeys_queue_parameter(stage: str) -> str:
    """Return the SSM parameter that holds the URL of the queue for events of contacts."""
    return parameter_name(stage, "journeys", "queue-url")


def pascal(words: str) -> str:
    """Return `order-updates` or `shop.example` as outputs begin: `OrderUpdates`, `ShopExample`."""
    parts = "".join(letter if letter.isalnum() else " " for letter in words).split()
    return "".join(part[:1].upper() + part[1:] for part in parts)
