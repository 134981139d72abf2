"""What every section of a configuration file has in common."""

from pydantic import BaseModel, ConfigDict
from pydantic_core import PydanticCustomError


class Section(BaseModel):
    """Unknown keys are refused, nothing is converted (a quoted number is no number), nothing changes."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, validate_default=True)


def broken_rule(sentence: str) -> PydanticCustomError:
    """Error for a value that is well-formed and wrong beside another one; the sentence is shown as it is."""
    return PydanticCustomError("rule", "{sentence}", {"sentence": sentence})
