"""A stage, and the names by which its two stacks find each other."""

from dataclasses import dataclass
from typing import Literal

from postroad.names import LOCAL_STAGE, parameter_name, resource_name

Shared = Literal[
    "messages-stream-arn",
    "contacts-stream-arn",
    "address-secret-arn",
    "token-keys-secret-arn",
    "web-certificate-arn",
    "key-arn",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One deployment of Postroad: `prod`, `staging`, `local`.

    The stacks share nothing but names made here and SSM parameters: a CloudFormation export would lock
    `foundation` for as long as `mail` uses it.
    """

    name: str
    account: str
    region: str
    simulator: str | None = None
    """Where the send functions reach SES instead of AWS; on the local stage alone."""
    cloud: str | None = None
    """Where the emulated cloud answers, HTTP APIs too; on the local stage alone."""

    @property
    def is_local(self) -> bool:
        """Whether this stage runs on one machine, in the emulated cloud."""
        return self.name == LOCAL_STAGE

    def resource(self, *words: str) -> str:
        """Return a physical name: `postroad-prod-messages`."""
        return resource_name(self.name, *words)

    def parameter(self, *words: str) -> str:
        """Return the name of an SSM parameter: `/postroad/prod/transactional/queue-url`."""
        return parameter_name(self.name, *words)

    def shared(self, what: Shared) -> str:
        """Return the SSM parameter by which `foundation` hands `what` to `mail`."""
        return self.parameter("foundation", what)

    @property
    def result_bus(self) -> str:
        """The bus `postroad`; a stage that may stand beside `prod` in one account names itself."""
        return "postroad" if self.name in {"prod", LOCAL_STAGE} else self.resource()

    @property
    def attachments_bucket(self) -> str:
        """The attachments bucket's name, unique among all accounts."""
        return self.resource(self.account, self.region)
