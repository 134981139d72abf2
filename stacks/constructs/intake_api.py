"""Events of contacts over HTTP: `POST /events`, signed (Signature Version 4), and the function `intake`."""

import json
from typing import cast

from aws_cdk import CfnOutput, RemovalPolicy, Stack
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_apigatewayv2_authorizers as authorizers
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from postroad.contract.event import EVENT_DETAIL_TYPE
from postroad.intake.http import ROUTE
from postroad.intake.settings import IntakeSettings
from postroad.names import EVENTS_POLICY, journeys_queue_parameter
from stacks.constructs.alarms import Alarms
from stacks.constructs.encryption_key import through_queue_and_bucket
from stacks.constructs.enqueueing import ENQUEUE, WITHOUT_SLASH
from stacks.constructs.mail_function import FunctionRuntime, MailFunction
from stacks.constructs.result_bus import ResultBus

INTAKE = "intake"
TIMEOUT_SECONDS = 10
MEMORY_MEBIBYTES = 512
# Whoever reports more has the queue and the bus, which take any number.
REQUESTS_PER_SECOND = 100
BURST = 200
# https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html
LOGGED = {
    "requestId": "$context.requestId",
    "time": "$context.requestTimeEpoch",
    "route": "$context.routeKey",
    "caller": "$context.identity.caller",
    "status": "$context.status",
    "milliseconds": "$context.responseLatency",
    "error": "$context.error.message",
}


class IntakeApi(Construct):
    """`url` is where events are posted to; `policy` lets its bearers report them, by whichever way."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        runtime: FunctionRuntime,
        queue: sqs.Queue,
        bus: ResultBus,
        key: kms.IKey | None,
        alarms: Alarms,
    ) -> None:
        """Take events onto `queue`, that of journeys."""
        super().__init__(scope, construct_id)
        self._stage = runtime.stage
        self.function = MailFunction(
            self,
            "Intake",
            runtime=runtime,
            verb=INTAKE,
            name=INTAKE,
            settings=IntakeSettings(stage=self._stage.name, queue_url=queue.queue_url),
            timeout_seconds=TIMEOUT_SECONDS,
            memory_mebibytes=MEMORY_MEBIBYTES,
            alarms=alarms,
        )
        self.function.add_to_role_policy(
            iam.PolicyStatement(actions=["sqs:SendMessage"], resources=[queue.queue_arn])
        )
        self.api, route = self._make_api(runtime.log_days)
        if self._stage.is_local:
            self.url = f"{self._stage.cloud}/_aws/execute-api/{self.api.api_id}{ROUTE}"
        else:
            self.url = f"{self.api.api_endpoint}{ROUTE}"
        self.policy = self._policy(queue, bus, route, key)
        CfnOutput(Stack.of(self), "EventsUrl", value=self.url)
        CfnOutput(Stack.of(self), "EventsPolicyArn", value=self.policy.managed_policy_arn)

    def _make_api(self, log_days: int) -> tuple[apigateway.HttpApi, str]:
        """Make the API, with its one route; return it with that route's ARN, for whoever may call it."""
        api = apigateway.HttpApi(
            self,
            "Api",
            api_name=self._stage.resource(INTAKE),
            description=f"Postroad {self._stage.name}: events of contacts, signed.",
            create_default_stage=False,
        )
        api.add_routes(
            path=ROUTE,
            methods=[apigateway.HttpMethod.POST],
            integration=integrations.HttpLambdaIntegration("Intake", self.function),
            authorizer=authorizers.HttpIamAuthorizer(),
        )
        log_group = logs.LogGroup(
            self,
            "AccessLog",
            log_group_name=f"/aws/apigateway/{self._stage.resource(INTAKE)}",
            removal_policy=RemovalPolicy.DESTROY,
        )
        retained = cast("logs.CfnLogGroup", log_group.node.default_child)
        retained.retention_in_days = log_days  # the L2 takes names of days only
        stage = api.add_stage(
            "Stage",
            stage_name="$default",
            auto_deploy=True,
            throttle=apigateway.ThrottleSettings(rate_limit=REQUESTS_PER_SECOND, burst_limit=BURST),
        )
        cast(
            "apigateway.CfnStage", stage.node.default_child
        ).access_log_settings = apigateway.CfnStage.AccessLogSettingsProperty(
            destination_arn=log_group.log_group_arn, format=json.dumps(LOGGED)
        )
        arn = Stack.of(self).format_arn(
            service="execute-api", resource=api.api_id, resource_name=f"$default/POST{ROUTE}"
        )
        return api, arn

    def _policy(
        self, queue: sqs.Queue, bus: ResultBus, route: str, key: kms.IKey | None
    ) -> iam.ManagedPolicy:
        # The emulated cloud judges a batch by an action that AWS does not have.
        emulated = ["sqs:SendMessageBatch"] if self._stage.is_local else []
        statements = [
            iam.PolicyStatement(actions=["execute-api:Invoke"], resources=[route]),
            iam.PolicyStatement(actions=[*ENQUEUE, *emulated], resources=[queue.queue_arn]),
            # Events of contacts alone: what the bus tells others comes from Postroad.
            iam.PolicyStatement(
                actions=["events:PutEvents"],
                resources=[bus.event_bus_arn],
                conditions={"StringEquals": {"events:detail-type": EVENT_DETAIL_TYPE}},
            ),
            iam.PolicyStatement(actions=["ssm:GetParameter"], resources=[self._name_the_queue(queue)]),
        ]
        if key:
            statements.append(
                iam.PolicyStatement(
                    actions=["kms:Decrypt", "kms:GenerateDataKey"],
                    resources=[key.key_arn],
                    conditions=through_queue_and_bucket(self._stage),
                )
            )
        return iam.ManagedPolicy(
            self,
            "Policy",
            managed_policy_name=f"{self._stage.resource(EVENTS_POLICY)}-{self._stage.region}",
            description=f"May report events of contacts to Postroad {self._stage.name}.",
            statements=statements,
        )

    def _name_the_queue(self, queue: sqs.Queue) -> str:
        """Write the queue's URL where `Events.for_stage` looks for it; return the parameter's ARN."""
        name = journeys_queue_parameter(self._stage.name)
        ssm.StringParameter(
            self,
            "QueueUrl",
            parameter_name=name,
            string_value=queue.queue_url,
            description="Where applications report events of contacts.",
        )
        return Stack.of(self).format_arn(service="ssm", resource=f"parameter{name}", arn_format=WITHOUT_SLASH)
