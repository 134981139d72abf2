"""What has been deployed to SES, as the simulator needs to know it: plain data, replaced as a whole."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from postroad.local.simulator.addresses import domain_of


class EventPath(StrEnum):
    """The ways that events take: SNS tells of each at once, Firehose gathers thousands into one object."""

    FAST = "fast"
    BULK = "bulk"


def path_of(destination: str) -> EventPath:
    """Return the path that leads to this destination, an ARN of a topic or of a delivery stream."""
    return EventPath.BULK if destination.split(":")[2:3] == ["firehose"] else EventPath.FAST


@dataclass(frozen=True, slots=True)
class EventDestination:
    """An enabled event destination: an SNS topic or a Firehose delivery stream, by its ARN.

    `event_types` in the API's words (SEND, DELIVERY_DELAY, ...).
    """

    name: str
    arn: str
    event_types: frozenset[str]


@dataclass(frozen=True, slots=True)
class ConfigurationSet:
    """`suppressed_reasons` None: the account's apply; empty: no suppression list for this set.

    `sender` is the one address that the deployed policy lets send by this set; empty where none says so.
    """

    name: str
    destinations: tuple[EventDestination, ...] = ()
    sending_enabled: bool = True
    suppressed_reasons: frozenset[str] | None = None
    sender: str = ""

    def asked(self, event_type: str) -> tuple[str, ...]:
        """ARNs of those who asked for this type of event, each once."""
        asked = [each.arn for each in self.destinations if event_type in each.event_types]
        return tuple(dict.fromkeys(asked))


@dataclass(frozen=True, slots=True)
class Deployed:
    """Identities (domains and addresses) and configuration sets of one account and Region."""

    identities: frozenset[str] = frozenset()
    configuration_sets: Mapping[str, ConfigurationSet] = field(default_factory=dict)
    account: str = "000000000000"
    region: str = "us-east-1"

    @classmethod
    def of(cls, identities: Iterable[str], configuration_sets: Iterable[ConfigurationSet] = ()) -> "Deployed":
        sets = {each.name: each for each in configuration_sets}
        return cls(frozenset(name.lower() for name in identities), sets)

    def with_identities(self, names: Iterable[str]) -> "Deployed":
        return replace(self, identities=frozenset(name.lower() for name in names))

    def with_configuration_set(self, changed: ConfigurationSet) -> "Deployed":
        return replace(self, configuration_sets={**self.configuration_sets, changed.name: changed})

    def without_configuration_set(self, name: str) -> "Deployed":
        kept = {key: value for key, value in self.configuration_sets.items() if key != name}
        return replace(self, configuration_sets=kept)

    def identity_of(self, address: str) -> str | None:
        """Find the identity that covers an address: itself, its domain, or the nearest parent domain."""
        if address.lower() in self.identities:
            return address.lower()
        labels = domain_of(address).split(".")
        parents = (".".join(labels[i:]) for i in range(len(labels)))
        return next((domain for domain in parents if domain in self.identities), None)

    def identity_arn(self, identity: str) -> str:
        return f"arn:aws:ses:{self.region}:{self.account}:identity/{identity}"
