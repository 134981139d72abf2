"""The one factory of functions: runtime, architecture, logs, role, bundle and layer."""

import platform
from collections.abc import Mapping
from typing import cast

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from postroad.settings import Settings
from stacks.bundling import HOST, LAMBDA, NOTHING_ELSE, build_bundle, build_layer, handler_of
from stacks.constructs.alarms import Alarms
from stacks.nag import acknowledge
from stacks.stage import Stage

ARCHITECTURE = lambda_.Architecture.ARM_64

# What a function needs of a customer-managed key to read and write tables, queues and objects.
KEY_ACTIONS = (
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
)


class FunctionRuntime(Construct):
    """What all functions of a stack have in common: interpreter, architecture, third-party code, logs."""

    def __init__(
        self, scope: Construct, construct_id: str, *, stage: Stage, log_days: int, key: kms.IKey | None
    ) -> None:
        """Use Python 3.13 on arm64; on the local stage what this machine runs: workers run on it."""
        super().__init__(scope, construct_id)
        self.stage = stage
        self.key = key
        self.log_days = log_days
        target = HOST if stage.is_local else LAMBDA
        self.target = target
        self.runtime = lambda_.Runtime(f"python{target.python}", lambda_.RuntimeFamily.PYTHON)
        self.architecture = host_architecture() if stage.is_local else ARCHITECTURE
        self.layer = lambda_.LayerVersion(
            self,
            "Layer",
            layer_version_name=stage.resource("layer"),
            description="Third-party code of every function: requirements/runtime.txt",
            code=lambda_.Code.from_asset(str(build_layer(target))),
            compatible_runtimes=[self.runtime],
            compatible_architectures=[self.architecture],
        )


class MailFunction(lambda_.Function):
    """A function `postroad-<stage>-<name>` of the handler `functions/<verb>/handler.py`, with its own role.

    Its role may write its own log and nothing else until the construct that owns it grants more.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        runtime: FunctionRuntime,
        verb: str,
        name: str,
        settings: Settings,
        timeout_seconds: int,
        memory_mebibytes: int,
        alarms: Alarms,
        environment: dict[str, str] | None = None,
        files: Mapping[str, bytes] = NOTHING_ELSE,
    ) -> None:
        """Make the function; `environment` holds what AWS's own SDK reads, beside the settings.

        `files` lie at the root of its code, beside what every stage has there.
        """
        function_name = runtime.stage.resource(name)
        role = iam.Role(
            scope,
            f"{construct_id}Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            description=f"What {function_name} may do.",
        )
        log_group = logs.LogGroup(
            scope,
            f"{construct_id}Log",
            log_group_name=f"/aws/lambda/{function_name}",
            removal_policy=RemovalPolicy.DESTROY,
        )
        retained = cast("logs.CfnLogGroup", log_group.node.default_child)
        retained.retention_in_days = runtime.log_days  # the L2 takes names of days only
        super().__init__(
            scope,
            construct_id,
            function_name=function_name,
            description=f"Postroad {runtime.stage.name}: {name}",
            runtime=runtime.runtime,
            architecture=runtime.architecture,
            handler=handler_of(verb),
            code=lambda_.Code.from_asset(str(build_bundle(verb, target=runtime.target, made=files))),
            layers=[runtime.layer],
            role=role,
            timeout=Duration.seconds(timeout_seconds),
            memory_size=memory_mebibytes,
            log_group=log_group,
            logging_format=lambda_.LoggingFormat.JSON,
            application_log_level_v2=lambda_.ApplicationLogLevel.INFO,
            system_log_level_v2=lambda_.SystemLogLevel.WARN,
            environment={**settings.to_environment(), **(environment or {})},
        )
        self.role_of_its_own = role
        log_group.grant_write(role)
        if runtime.key:
            runtime.key.grant(role, *KEY_ACTIONS)
        alarms.watch_function(name, self)
        acknowledge(
            self,
            "Python 3.13 is the newest runtime whose wheels every dependency publishes for arm64; it is one "
            "constant, raised when the tests pass on the next.",
            "AwsSolutions-L1",
        )


def host_architecture() -> lambda_.Architecture:
    """Return this machine's architecture."""
    arm = platform.machine().lower() in {"arm64", "aarch64"}
    return lambda_.Architecture.ARM_64 if arm else lambda_.Architecture.X86_64
