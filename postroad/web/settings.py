"""What the function `web` needs to know; the stacks write it, the function reads it back."""

from dataclasses import dataclass

from postroad.settings import Settings


@dataclass(frozen=True, kw_only=True)
class WebSettings(Settings):
    """The environment of `web`."""

    stage: str
    contacts_table: str
    suppressions_table: str
    schedule_table: str
    token_keys_arn: str
    origin_secret_arn: str = ""
    """What a distribution in front proves itself by; empty where visitors reach the API themselves."""
