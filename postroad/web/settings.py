"""What the function `web` needs to know; the stacks write it, the function reads it back."""

from dataclasses import dataclass

from postroad.settings import Settings


@dataclass(frozen=True, kw_only=True)
class WebSettings(Settings):
    """The environment of `web`.

    Where people can sign up, `confirmation_queue_url` is the queue of the stream that mails them,
    `confirmation_stream` its name, `web_url` where the pages are, and the address secret is read.
    """

    stage: str
    messages_table: str
    contacts_table: str
    suppressions_table: str
    schedule_table: str
    token_keys_arn: str
    origin_secret_arn: str = ""
    """What a distribution in front proves itself by; empty where visitors reach the API themselves."""
    confirmation_queue_url: str = ""
    confirmation_stream: str = ""
    address_secret_arn: str = ""
    web_url: str = ""
