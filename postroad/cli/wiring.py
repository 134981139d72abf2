"""The way from a stage's name to its resources. It imports boto3, so commands import it late."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from shlex import join, quote
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import NoRegionError

from postroad.cli.account import Caller, check_caller, check_named, only_reads, unknown_account
from postroad.cli.cloudformation import read_outputs
from postroad.cli.problem import ExitCode, Problem
from postroad.cli.resources import FOUNDATION, MAIL, Resources
from postroad.contract.address import AddressError, parse_address
from postroad.names import LOCAL_ACCOUNT, LOCAL_STAGE, resource_name
from postroad.secrets import read_secret
from postroad.suppression.address_key import address_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from boto3.session import Session
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sqs import SQSClient

    from postroad.account.listing import AccountList
    from postroad.bodies.dynamodb import DynamoBodies
    from postroad.circuit.ports import Switches
    from postroad.configuration import Configuration
    from postroad.configuration.topics import Topic
    from postroad.contacts.ports import ContactStore, Leaving
    from postroad.evidence.ports import Watermarks
    from postroad.ledger.ports import Ledger
    from postroad.local.state import State
    from postroad.redriving.ports import HeldMessages
    from postroad.schedule.ports import Schedule
    from postroad.suppression.model import Suppression
    from postroad.suppression.ports import SuppressionStore

CONFIGURATION_FOLDER = Path("config")
_TIMEOUTS = Config(connect_timeout=5, read_timeout=20, retries={"mode": "standard", "total_max_attempts": 3})


@dataclass(frozen=True, slots=True)
class Recipient:
    """An address as SES takes it, with the key of its messages and suppressions on one stage."""

    email: str
    key: str


class Wiring:
    """Everything that commands need of one stage. Nothing is read before it is needed, and then once."""

    def __init__(self, stage: str, *, account: str | None = None, session: Session | None = None) -> None:
        """Name the stage, and the account that it must be in where no configuration says so.

        `session` replaces the operator's own AWS session in tests.
        """
        self.stage = stage
        self._named_account = account
        self._given_session = session

    @cached_property
    def configuration(self) -> Configuration:
        """Return config/<stage>.toml; raises Problem if there is none, or if it can't be used."""
        # Its models take a while to build: commands that read no configuration need not wait.
        from postroad.configuration import ConfigurationError, load  # noqa: PLC0415 - see the line above

        file = CONFIGURATION_FOLDER / f"{self.stage}.toml"
        if not file.is_file():
            raise Problem(
                f"There is no {file} here.",
                "Run the command in the folder of your Postroad repository, or name a stage that has a file.",
                ExitCode.NOT_FOUND,
            )
        try:
            return load(self.stage, CONFIGURATION_FOLDER)
        except ConfigurationError as error:
            first, *others = str(error).splitlines()
            more = f" (and {len(others)} more)" if others else ""
            raise Problem(
                first + more, f"Mend {file}; npx cdk synth -c stage={self.stage} lists all that is wrong."
            ) from error

    @cached_property
    def region(self) -> str | None:
        """Return the stage's Region: from its configuration where there is one, else from AWS's settings."""
        if self._given_session is None:
            if self.stage == LOCAL_STAGE:
                return str(self._options["region_name"])
            if self._is_configured:
                return self.configuration.aws.region
        return self._session.region_name

    @cached_property
    def account(self) -> str:
        """Return the account of these credentials; raises Problem if the stage is in another one.

        It is compared with `aws.account` of config/<stage>.toml and with --account, before anything of the
        stage is read: every client is made after it.
        """
        if self.stage == LOCAL_STAGE:
            return LOCAL_ACCOUNT  # its clients know the stack on this machine alone
        expected = self._expected_account
        if not self.region:
            raise NoRegionError  # STS answers without one, and nothing else does
        answer = self._make_client("sts").get_caller_identity()
        caller = Caller(answer["Account"], answer["Arn"])
        check_caller(
            caller,
            expected=expected,
            expected_by=f"config/{self.stage}.toml" if self._is_configured else "--account",
            stage=self.stage,
            region=self.region,
            partition=self._session.get_partition_for_region(self.region or ""),
        )
        return caller.account

    def require_account(self) -> str:
        """Return the account where it is known to be the right one; raises Problem otherwise.

        Commands that change something call it before their first question. Those that forget meet the same
        Problem at their first request that changes anything.
        """
        account = self.account
        if self._expected_account is None:
            raise unknown_account(self.stage, account)
        return account

    @cached_property
    def foundation(self) -> Resources:
        """Return the outputs of the stack that holds the data."""
        return self._outputs(FOUNDATION)

    @cached_property
    def mail(self) -> Resources:
        """Return the outputs of the stack that does the work."""
        return self._outputs(MAIL)

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
    def retention(self) -> timedelta:
        """Return how long a row is kept after its end: as configured, or as by default if no file is here."""
        from postroad.configuration.limits import Retention  # noqa: PLC0415 - see configuration

        chosen = self.configuration.retention if self._is_configured else Retention()
        return timedelta(days=chosen.messages_days)

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
    def lambda_(self) -> LambdaClient:
        """Return a client of Lambda."""
        client: LambdaClient = self._client("lambda")
        return client

    @cached_property
    def sqs(self) -> SQSClient:
        """Return a client of SQS."""
        client: SQSClient = self._client("sqs")
        return client

    @cached_property
    def s3(self) -> S3Client:
        """Return a client of S3."""
        client: S3Client = self._client("s3")
        return client

    @cached_property
    def ses(self) -> SESV2Client:
        """Return a client of SES."""
        client: SESV2Client = self._client("sesv2")
        return client

    @cached_property
    def account_list(self) -> AccountList:
        """Return SES's suppression list of the account, asked no faster than SES allows."""
        from postroad.account.ses_list import SesAccountList  # noqa: PLC0415 - as above

        return SesAccountList(self.ses)

    @cached_property
    def cloudwatch(self) -> Any:  # noqa: ANN401 - its stubs are not among our dependencies
        """Return a client of CloudWatch."""
        return self._client("cloudwatch")

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

    def aws_command(self, *words: str) -> str:
        """Return a command of the AWS command line that reaches this stage's SES, ready to be copied."""
        command = ["aws", *words]
        variables: list[str] = []
        if self.stage == LOCAL_STAGE and self._given_session is None:
            state = self._local_state
            variables = [
                "AWS_ACCESS_KEY_ID=test",  # the emulated account's root: docs/reference/local.md
                "AWS_SECRET_ACCESS_KEY=test",
                f"AWS_CA_BUNDLE={quote(str(state.certificate))}",
            ]
            command += ["--endpoint-url", state.simulator]
        if self.region:
            command += ["--region", self.region]
        return " ".join([*variables, join(command)])

    @cached_property
    def _address_secret(self) -> bytes:
        return read_secret(self._client("secretsmanager"), self.foundation.named("AddressSecretArn"))

    @cached_property
    def _session(self) -> Session:
        return self._given_session or boto3.session.Session()

    @cached_property
    def _options(self) -> dict[str, Any]:
        """Return what clients are made with: on the local stage its endpoint, certificate and credentials."""
        if self.stage == LOCAL_STAGE and self._given_session is None:
            from postroad.local.connection import connection  # noqa: PLC0415 - on the local stage alone

            state = self._local_state
            # No proxy of this shell is asked for a server on this machine.
            return {**connection(state), "config": _TIMEOUTS.merge(Config(proxies={}))}
        return {"region_name": self.region, "config": _TIMEOUTS}

    @property
    def _is_configured(self) -> bool:
        return (CONFIGURATION_FOLDER / f"{self.stage}.toml").is_file()

    @cached_property
    def _expected_account(self) -> str | None:
        if self.stage == LOCAL_STAGE:
            return LOCAL_ACCOUNT
        configured = self.configuration.aws.account if self._is_configured else None
        check_named(self._named_account, configured=configured, stage=self.stage)
        return configured or self._named_account

    @cached_property
    def _local_state(self) -> State:
        from postroad.local.state import State  # noqa: PLC0415 - on the local stage alone

        state = State.load()
        if state is None:
            raise Problem(
                "The local stack is not running (there is no .local/state.json here).",
                "Start it with `make up`, or name another stage: postroad --stage prod …",
                ExitCode.NOT_FOUND,
            )
        return state

    def _client(self, service: str, changes: Config | None = None) -> Any:  # noqa: ANN401 - its caller knows
        account = self.account
        client = self._make_client(service, changes)
        if self._expected_account is None:

            def refuse(model: Any, **_event: object) -> None:  # noqa: ANN401 - botocore has no types of its own
                if not only_reads(model.name):
                    raise unknown_account(self.stage, account)

            client.meta.events.register_first("before-call", refuse)
        return client

    def _make_client(self, service: str, changes: Config | None = None) -> Any:  # noqa: ANN401 - as above
        make: Any = self._session.client
        options = self._options
        if service == "sesv2" and self.stage == LOCAL_STAGE and self._given_session is None:
            # As the functions do: the simulator knows the account, and passes on what it doesn't know.
            options = {**options, "endpoint_url": self._local_state.simulator}
        return make(service, **{**options, "config": options["config"].merge(changes or Config())})

    def stacks(self) -> list[Resources]:
        """Return the outputs of each deployed stack of the stage; raises Problem if there is none."""
        client = self._client("cloudformation")
        found = [read_outputs(client, resource_name(self.stage, stack)) for stack in (FOUNDATION, MAIL)]
        return [each for each in found if each is not None] or [self._outputs(FOUNDATION)]

    def _outputs(self, stack: str) -> Resources:
        name = resource_name(self.stage, stack)
        found = read_outputs(self._client("cloudformation"), name)
        if found is None:
            raise Problem(
                f"There is no stack {name} in account {self.account}, {self.region}.",
                f"Deploy it (npx cdk deploy --all -c stage={self.stage}), or check --stage and AWS_PROFILE.",
                ExitCode.NOT_FOUND,
            )
        return found
