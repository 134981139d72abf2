"""What is counted beside each dimension by itself."""

from typing import Annotated

from pydantic import Field

from postroad.configuration.section import Section
from postroad.configuration.texts import Text
from postroad.stats.words import pair_of

MOST_PAIRS = 6


def _pair(name: str) -> str:
    pair_of(name)
    return name


PairName = Annotated[
    str,
    Text(
        "two of `template`, `campaign`, `variant`, `locale`, `provider` and `journey`, joined by a dot: "
        "`campaign.variant`",
        _pair,
    ),
]


class Stats(Section):
    """What `postroad report` can tell apart, beside each dimension by itself."""

    pairs: tuple[PairName, ...] = Field(
        default=("campaign.variant", "template.locale"),
        max_length=MOST_PAIRS,
        description=(
            "Pairs of dimensions that are counted together. Each costs a write for each of its values in "
            "each batch of counting. A pair is counted from its deployment on. `journey.step` always is, "
            "without being named."
        ),
    )
