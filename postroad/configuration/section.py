"""What every section of a configuration file has in common."""

from pydantic import BaseModel, ConfigDict
from pydantic_core import PydanticCustomError


class Section(BaseModel):
    """Unknown keys are refused; nothing is converted (a number in quotes is no number); nothing changes later."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, validate_default=True)


def broken_rule(sentence: str) -> PydanticCustomError:
    """Error for a value that is well-formed by itself and wrong beside another one; shown to the reader as it is."""
    return PydanticCustomError("rule", "{sentence}", {"sentence": sentence})
