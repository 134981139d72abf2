"""What commands ask and change on one stage. It imports boto3, so commands import it late."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from botocore.config import Config

from postroad.cli.access import CONFIGURATION_FOLDER, Access
from postroad.cli.problem import ExitCode, Problem
from postroad.contract.address import AddressError, parse_address
from postroad.contract.words import Status, StreamKind
from postroad.secrets import read_secret
from postroad.suppression.address_key import address_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from postroad.account.listing import AccountList
    from postroad.bodies.dynamodb import DynamoBodies
    from postroad.circuit.ports import Switches
    from postroad.cli.token_key_store import TokenKeyStore
    from postroad.configuration.retention import Retention
    from postroad.configuration.topics import Topic
    from postroad.contacts.ports import ContactStore, Leaving
    from postroad.evidence.ports import Watermarks
    from postroad.journeys.dynamodb_walks import DynamoWalks
    from postroad.journeys.ports import Pauses
    from postroad.journeys.sqs import SqsOutlet
    from postroad.ledger.ports import Ledger
    from postroad.privacy.dynamodb import DynamoPersons
    from postroad.privacy.ports import Counters, Mails, Proofs
    from postroad.privacy.walks import DynamoJourneysOf
    from postroad.redriving.ports import HeldMessages
    from postroad.schedule.ports import Schedule
    from postroad.stats.ports import Reading
    from postroad.suppression.model import Suppression
    from postroad.suppression.ports import SuppressionStore


@dataclass(frozen=True, slots=True)
class Recipient:
    """An address as SES takes it, with the key of its messages and suppressions on one stage."""

    email: str
    key: str


class Wiring(Access):
    """The stores of one stage, and who its recipients are."""

    @cached_property
    def ledger(self) -> Ledger:
        """Return the messages' rows."""
        from postroad.ledger.dynamodb import DynamoLedger  # noqa: PLC0415 - only the commands that ask for it

        return DynamoLedger(self._client("dynamodb"), self.foundation.named("MessagesTable"))

    @cached_property
    def held(self) -> HeldMessages:
        """Return where to find what waits for an operator."""
        from postroad.redriving.dynamodb import DynamoHeld  # noqa: PLC0415 - as above

        return DynamoHeld(self._client("dynamodb"), self.foundation.named("MessagesTable"))

    @cached_property
    def cancelled_for(self) -> timedelta:
        """Return how long a cancelled row is kept: as configured, or as by default if no file is here."""
        return timedelta(days=self.retentions.days_of(Status.CANCELLED.value))

    @cached_property
    def retentions(self) -> Retention:
        """Return how long each thing is kept: as configured, or as by default if no file is here."""
        from postroad.configuration.retention import Retention  # noqa: PLC0415 - see configuration

        return self.configuration.retention if self._is_configured else Retention()

    @cached_property
    def kinds(self) -> Mapping[str, StreamKind]:
        """Return the kind of each configured stream; raises Problem without a configuration."""
        return {name: StreamKind(stream.kind) for name, stream in self.configuration.streams.items()}

    @cached_property
    def bodies(self) -> DynamoBodies:
        """Return the kept bodies."""
        from postroad.bodies.dynamodb import DynamoBodies  # noqa: PLC0415 - as above

        return DynamoBodies(
            self._client("dynamodb"),
            self.foundation.named("BodiesTable"),
            s3=self.s3,
            bucket=self.foundation.named("AttachmentsBucket"),
        )

    @cached_property
    def suppressions(self) -> SuppressionStore:
        """Return the suppressions."""
        from postroad.suppression.dynamodb import DynamoSuppressions  # noqa: PLC0415 - as above

        return DynamoSuppressions(self._client("dynamodb"), self.foundation.named("SuppressionsTable"))

    def suppressions_for(self, threads: int) -> SuppressionStore:
        """Return the suppressions for so many threads at once, which wait where DynamoDB asks for less."""
        from postroad.suppression.dynamodb import DynamoSuppressions  # noqa: PLC0415 - as above

        patient = Config(max_pool_connections=threads, retries={"mode": "standard", "total_max_attempts": 8})
        return DynamoSuppressions(
            self._client("dynamodb", patient), self.foundation.named("SuppressionsTable")
        )

    @cached_property
    def token_keys(self) -> TokenKeyStore:
        """Return the ring of keys that sign the links in mails."""
        from postroad.cli.token_key_store import TokenKeyStore  # noqa: PLC0415 - as above

        return TokenKeyStore(self._client("secretsmanager"), self.foundation.named("TokenKeysSecretArn"))

    @cached_property
    def topics(self) -> Mapping[str, Topic]:
        """Return the topics of config/topics.toml; raises Problem if it can't be used."""
        from postroad.configuration.problems import ConfigurationError  # noqa: PLC0415 - as above
        from postroad.configuration.topics import TOPICS, read_topics  # noqa: PLC0415 - as above

        try:
            return read_topics(CONFIGURATION_FOLDER)
        except ConfigurationError as error:
            first, *others = str(error).splitlines()
            more = f" (and {len(others)} more)" if others else ""
            raise Problem(first + more, f"Mend {CONFIGURATION_FOLDER / TOPICS}.") from error

    @cached_property
    def contacts(self) -> ContactStore:
        """Return the contacts."""
        return self.contacts_for(1)

    def contacts_for(self, threads: int) -> ContactStore:
        """Return the contacts for so many threads at once, which wait where DynamoDB asks for less."""
        from postroad.contacts.dynamodb import DynamoContacts  # noqa: PLC0415 - as above

        patient = Config(max_pool_connections=threads, retries={"mode": "standard", "total_max_attempts": 8})
        return DynamoContacts(self._client("dynamodb", patient), self.foundation.named("ContactsTable"))

    def leaving_for(self, threads: int) -> Leaving:
        """Return how people leave, for so many threads at once."""
        from postroad.contacts.dynamodb_leaving import DynamoLeaving  # noqa: PLC0415 - as above

        return DynamoLeaving(
            self._client("dynamodb", Config(max_pool_connections=threads)),
            contacts_table=self.foundation.named("ContactsTable"),
            suppressions_table=self.foundation.named("SuppressionsTable"),
            stream_of_topic={topic.name: topic.stream for topic in self.topics.values()},
        )

    @cached_property
    def watermarks(self) -> Watermarks:
        """Return how far SES's events have been applied."""
        from postroad.evidence.dynamodb import DynamoWatermarks  # noqa: PLC0415 - as above

        return DynamoWatermarks(self._client("dynamodb"), self.foundation.named("ScheduleTable"))

    @cached_property
    def counters(self) -> Reading:
        """Return what was counted, for several threads to read at once."""
        from postroad.stats.dynamodb import DynamoCounters  # noqa: PLC0415 - as above

        return DynamoCounters(
            self._client("dynamodb", Config(max_pool_connections=16)), self.foundation.named("StatsTable")
        )

    @cached_property
    def switches(self) -> Switches:
        """Return the streams' switches."""
        from postroad.circuit.dynamodb import DynamoSwitches  # noqa: PLC0415 - as above

        return DynamoSwitches(self._client("dynamodb"), self.foundation.named("ScheduleTable"))

    @cached_property
    def schedule(self) -> Schedule:
        """Return what waits for its time."""
        from postroad.schedule.dynamodb import DynamoSchedule  # noqa: PLC0415 - as above

        patient = Config(max_pool_connections=16)  # it reads sixteen shards at once
        return DynamoSchedule(self._client("dynamodb", patient), self.foundation.named("ScheduleTable"))

    @cached_property
    def walks(self) -> DynamoWalks:
        """Return how contacts walk through journeys."""
        from postroad.journeys.dynamodb_walks import DynamoWalks  # noqa: PLC0415 - as above
        from postroad.schedule.dynamodb import DynamoPointers  # noqa: PLC0415 - as above

        client = self._client("dynamodb")
        return DynamoWalks(
            client,
            self.foundation.named("JourneysTable"),
            pointers=DynamoPointers(client, self.foundation.named("ScheduleTable")),
        )

    @cached_property
    def journey_pauses(self) -> Pauses:
        """Return which journeys are held."""
        from postroad.journeys.dynamodb_pauses import DynamoPauses  # noqa: PLC0415 - as above

        return DynamoPauses(self._client("dynamodb"), self.foundation.named("JourneysTable"))

    @cached_property
    def journeys_queue(self) -> SqsOutlet:
        """Return the queue of the function `journeys`."""
        from postroad.journeys.sqs import SqsOutlet  # noqa: PLC0415 - as above

        return SqsOutlet(self.sqs, self.mail.named("JourneysQueueUrl"))

    @cached_property
    def mails(self) -> Mails:
        """Return the rows by address."""
        from postroad.privacy.dynamodb import DynamoMails  # noqa: PLC0415 - as above

        table = self.foundation.named("MessagesTable")
        return DynamoMails(self._client("dynamodb"), table, ledger=self.ledger)

    @cached_property
    def persons(self) -> DynamoPersons:
        """Return what the tables of persons hold about one."""
        from postroad.privacy.dynamodb import DynamoPersons  # noqa: PLC0415 - as above

        return DynamoPersons(
            self._client("dynamodb"),
            contacts_table=self.foundation.named("ContactsTable"),
            suppressions_table=self.foundation.named("SuppressionsTable"),
        )

    @cached_property
    def proofs(self) -> Proofs:
        """Return the proofs of erasures."""
        from postroad.privacy.dynamodb_proofs import DynamoProofs  # noqa: PLC0415 - as above

        return DynamoProofs(self._client("dynamodb"), self.foundation.named("ContactsTable"))

    @cached_property
    def counters_by_address(self) -> Counters:
        """Return how often addresses came to the pages."""
        from postroad.privacy.dynamodb import DynamoCountersByAddress  # noqa: PLC0415 - as above
        from postroad.web.limits import COUNTED_BY_ADDRESS  # noqa: PLC0415 - as above

        return DynamoCountersByAddress(
            self._client("dynamodb"), self.foundation.named("ScheduleTable"), names=COUNTED_BY_ADDRESS
        )

    @cached_property
    def journeys_of(self) -> DynamoJourneysOf:
        """Return what the table of journeys holds about persons."""
        from postroad.privacy.walks import DynamoJourneysOf  # noqa: PLC0415 - as above

        return DynamoJourneysOf(self._client("dynamodb"), self.foundation.named("JourneysTable"))

    @cached_property
    def account_list(self) -> AccountList:
        """Return SES's suppression list of the account, asked no faster than SES allows."""
        from postroad.account.ses_list import SesAccountList  # noqa: PLC0415 - as above

        return SesAccountList(self.ses)

    def recipient(self, email: str) -> Recipient:
        """Return who an address is on this stage; raises Problem if it is no address."""
        try:
            address = parse_address(email)
        except AddressError as error:
            raise Problem(
                f"{email!r} is no address: {error}.",
                "Give one address, like name@example.com.",
                ExitCode.USAGE,
            ) from error
        return Recipient(address.email_for_ses, address_key(self._address_secret, address.canonical))

    def suppression(self, key: str) -> Suppression | None:
        """Return what stops the address with this key, or None."""
        return self.suppressions.find([key]).get(key)

    @cached_property
    def _address_secret(self) -> bytes:
        return read_secret(self._client("secretsmanager"), self.foundation.named("AddressSecretArn"))
