"""The way to one stage's AWS account: its configuration, its clients, what its stacks say of themselves.

It imports boto3, so commands import it late.
"""

from __future__ import annotations

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
from postroad.names import LOCAL_ACCOUNT, LOCAL_STAGE, resource_name

if TYPE_CHECKING:
    from boto3.session import Session
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sqs import SQSClient

    from postroad.configuration import Configuration
    from postroad.local.state import State

CONFIGURATION_FOLDER = Path("config")
_TIMEOUTS = Config(connect_timeout=5, read_timeout=20, retries={"mode": "standard", "total_max_attempts": 3})


class Access:
    """One stage's account. Nothing is read before it is needed, and then once."""

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
    def cloudwatch(self) -> Any:  # noqa: ANN401 - its stubs are not among our dependencies
        """Return a client of CloudWatch."""
        return self._client("cloudwatch")

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
