"""What is counted, and by what. The words of the table, of the report and of its JSON."""

from enum import StrEnum


class Metric(StrEnum):
    """What became of a mail. Each message counts at most once in each."""

    SENT = "sent"
    DELIVERED = "delivered"
    HARD = "hard"
    SOFT = "soft"
    UNDETERMINED = "undetermined"
    REJECTED = "rejected"
    COMPLAINTS = "complaints"
    UNSUBSCRIBES = "unsubscribes"
    OPENS = "opens"
    CLICKS = "clicks"
    MACHINE_OPENS = "machine_opens"
    MACHINE_CLICKS = "machine_clicks"
    NOT_SENT_SUPPRESSED = "not_sent_suppressed"
    NOT_SENT_UNSUBSCRIBED = "not_sent_unsubscribed"
    NOT_SENT_CAPPED = "not_sent_capped"
    NOT_SENT_EXPIRED = "not_sent_expired"
    NOT_SENT_CANCELLED = "not_sent_cancelled"
    NOT_SENT_FAILED = "not_sent_failed"


class Dimension(StrEnum):
    """By what mail is told apart. Two of the marginals, `campaign.variant` say, make a pair.

    A step says something beside its journey alone, since many journeys have a step `hello`: it is counted in
    the pair `STEPS` and in no other place.
    """

    TOTAL = "total"
    TEMPLATE = "template"
    CAMPAIGN = "campaign"
    VARIANT = "variant"
    LOCALE = "locale"
    PROVIDER = "provider"
    JOURNEY = "journey"
    STEP = "step"


MARGINALS = tuple(dimension for dimension in Dimension if dimension not in {Dimension.TOTAL, Dimension.STEP})
"""The dimensions of which each has values of its own."""

ALL = "all"
"""The one value of the dimension `total`."""
OTHERS = "(others)"
"""Stands for all values of a day, stream and dimension that came after the first `MOST_VALUES`."""
ADDRESS = "(address)"
"""Stands for every value that might be an address: counters hold none."""
PAIR_SIGN = "."
"""Between the names of a pair's dimensions."""
STEPS = f"{Dimension.JOURNEY}{PAIR_SIGN}{Dimension.STEP}"
"""The pair that is always counted: `postroad journey stats` reads it."""
BETWEEN = "\x1f"
"""Between the values of a pair: the one sign that no value holds."""


def pair_of(name: str) -> tuple[Dimension, Dimension]:
    """Return the two dimensions that a pair's name joins. Raises ValueError for anything else."""
    if name == STEPS:
        return Dimension.JOURNEY, Dimension.STEP
    first, sign, second = name.partition(PAIR_SIGN)
    if not sign or first == second or first not in MARGINALS or second not in MARGINALS:
        raise ValueError(f"expected two of {', '.join(MARGINALS)}, joined by a dot, or {STEPS}")
    return Dimension(first), Dimension(second)
