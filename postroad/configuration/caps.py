"""How often one person is mailed, by category."""

from itertools import pairwise
from typing import Annotated, Self

from pydantic import Field, model_validator

from postroad.caps.deciding import PERIODS
from postroad.configuration.section import Section, broken_rule
from postroad.configuration.texts import Text, matching

MOST = 100
"""Past this a cap stops nobody, and what is remembered of each person grows."""

CategoryName = Annotated[
    str,
    Text(
        "a category, such as marketing: a small letter, then up to 39 small letters, digits, _ and -",
        matching(r"[a-z][a-z0-9_-]{0,39}"),
    ),
]


class Caps(Section):
    """How much mail of one category a person gets at most.

    `marketing` is all mail that can be left, but that of journeys with a category of their own. Mail of
    transactional streams neither counts nor waits.
    """

    per_day: int | None = Field(default=None, ge=1, le=MOST, description="At most so many in any 24 hours.")
    per_week: int | None = Field(default=None, ge=1, le=MOST, description="At most so many in any 7 days.")
    per_month: int | None = Field(default=None, ge=1, le=MOST, description="At most so many in any 30 days.")

    @model_validator(mode="after")
    def _each_says_something(self) -> Self:
        most = list(self.most.items())
        if not most:
            raise broken_rule(f"expected {', '.join(PERIODS)} or several of them")
        for (short, few), (long, many) in pairwise(most):
            if few > many:
                raise broken_rule(f"{short} can never be reached: expected {long} to be as much at least")
        return self

    @property
    def most(self) -> dict[str, int]:
        """How many in each period, the shortest first."""
        return {name: count for name in PERIODS if (count := getattr(self, name)) is not None}
