"""The pages behind the links in mails: an HTTP API on the web domain, and the function `web`."""

import json
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_route53 as route53
from aws_cdk import aws_route53_targets as targets
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from postroad.web.requests import SERVED
from postroad.web.settings import WebSettings
from stacks.constructs.alarms import Alarms
from stacks.constructs.mail_function import FunctionRuntime, MailFunction
from stacks.constructs.stores import Stores
from stacks.constructs.web_front import OriginSecret, WebFront
from stacks.nag import acknowledge

if TYPE_CHECKING:
    from postroad.configuration import Configuration, Web
    from stacks.constructs.send_pipeline import SendPipeline

TIMEOUT_SECONDS = 10
MEMORY_MEBIBYTES = 512
# Whoever floods the pages must not take the account's concurrency, which send needs: a new account has 10.
REQUESTS_PER_SECOND = 50
BURST = 100
# No path, for it holds the token, and no visitor's address.
# https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html
LOGGED = {
    "requestId": "$context.requestId",
    "time": "$context.requestTimeEpoch",
    "route": "$context.routeKey",
    "method": "$context.httpMethod",
    "status": "$context.status",
    "milliseconds": "$context.responseLatency",
    "error": "$context.integrationErrorMessage",
}


class WebPages(Construct):
    """`url` is where the pages are, without a slash at its end; `/u/<token>` leads to leaving."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        configuration: "Configuration",
        runtime: FunctionRuntime,
        stores: Stores,
        alarms: Alarms,
    ) -> None:
        """Make the API on the domain of `[web]`; on the local stage where the emulated cloud answers."""
        super().__init__(scope, construct_id)
        self._stage = runtime.stage
        web = None if self._stage.is_local else configuration.web
        front = web.cloudfront if web else None
        secret = OriginSecret(self, "OriginSecret", stage=self._stage, key=stores.key) if front else None
        self._stores = stores
        self._settings = WebSettings(
            stage=self._stage.name,
            messages_table=stores.messages.table_name,
            contacts_table=stores.contacts.table_name,
            suppressions_table=stores.suppressions.table_name,
            schedule_table=stores.schedule.table_name,
            token_keys_arn=stores.token_keys.secret_arn,
            origin_secret_arn=secret.secret_arn if secret else "",
        )
        self.function = MailFunction(
            self,
            "Web",
            runtime=runtime,
            verb="web",
            name="web",
            settings=self._settings,
            timeout_seconds=TIMEOUT_SECONDS,
            memory_mebibytes=MEMORY_MEBIBYTES,
            alarms=alarms,
        )
        self._grant(stores)
        self.api = self._make_api(self._make_domain(web) if web and not front else None, runtime.log_days)
        if web and front and secret:
            WebFront(self, "Front", stage=self._stage, web=web, front=front, api=self.api, secret=secret)
            self._grant_origin_secret(secret)
        if web:
            self.url = f"https://{web.domain}"
        else:
            self.url = f"{self._stage.cloud}/_aws/execute-api/{self.api.api_id}"

    def take_sign_ups(self, stream: "SendPipeline") -> None:
        """Let people sign up by a page, and be mailed through this stream.

        The stream is made later than the pages: it needs their address for its links.
        """
        settings = replace(
            self._settings,
            confirmation_queue_url=stream.work.queue.queue_url,
            confirmation_stream=stream.name,
            address_secret_arn=self._stores.address_secret.secret_arn,
            web_url=self.url,
        )
        for name, value in settings.to_environment().items():
            self.function.add_environment(name, value)
        self.function.add_to_role_policy(
            iam.PolicyStatement(actions=["sqs:SendMessage"], resources=[stream.work.queue.queue_arn])
        )
        self._stores.grant_address_secret(self.function)

    def _make_domain(self, web: "Web") -> apigateway.DomainName:
        """Put the API on its domain, and the name into the hosted zone where there is one."""
        certificate = ssm.StringParameter.value_for_string_parameter(
            Stack.of(self), self._stage.shared("web-certificate-arn")
        )
        domain = apigateway.DomainName(
            self,
            "Domain",
            domain_name=web.domain,
            certificate=acm.Certificate.from_certificate_arn(self, "Certificate", certificate),
            security_policy=apigateway.SecurityPolicy.TLS_1_2,
        )
        if web.hosted_zone_id:
            zone = route53.HostedZone.from_hosted_zone_attributes(
                self, "Zone", hosted_zone_id=web.hosted_zone_id, zone_name=web.domain
            )
            target = targets.ApiGatewayv2DomainProperties(
                domain.regional_domain_name, domain.regional_hosted_zone_id
            )
            route53.ARecord(self, "Record", zone=zone, target=route53.RecordTarget.from_alias(target))
        return domain

    def _make_api(self, domain: apigateway.DomainName | None, log_days: int) -> apigateway.HttpApi:
        api = apigateway.HttpApi(
            self,
            "Api",
            api_name=self._stage.resource("web"),
            description=f"Postroad {self._stage.name}: the pages behind the links in mails.",
            create_default_stage=False,
            # Else the same pages would stand under a name that no mail carries. A distribution reaches the
            # API by that name, and the function refuses whoever else does.
            disable_execute_api_endpoint=domain is not None,
        )
        integration = integrations.HttpLambdaIntegration("Web", self.function)
        for path in SERVED:
            (route,) = api.add_routes(
                path=path.value, methods=[apigateway.HttpMethod.ANY], integration=integration
            )
            acknowledge(
                route,
                "Nobody has to log in to leave (RFC 8058): the signed token in the link is the authority. "
                "Who signs up has none yet: the form changes nothing but by a mail to the address it names.",
                "AwsSolutions-APIG4",
            )
        log_group = logs.LogGroup(
            self,
            "AccessLog",
            log_group_name=f"/aws/apigateway/{self._stage.resource('web')}",
            removal_policy=RemovalPolicy.DESTROY,
        )
        retained = cast("logs.CfnLogGroup", log_group.node.default_child)
        retained.retention_in_days = log_days  # the L2 takes names of days only
        stage = api.add_stage(
            "Stage",
            stage_name="$default",
            auto_deploy=True,
            throttle=apigateway.ThrottleSettings(rate_limit=REQUESTS_PER_SECOND, burst_limit=BURST),
            domain_mapping=apigateway.DomainMappingOptions(domain_name=domain) if domain else None,
        )
        cast(
            "apigateway.CfnStage", stage.node.default_child
        ).access_log_settings = apigateway.CfnStage.AccessLogSettingsProperty(
            destination_arn=log_group.log_group_arn, format=json.dumps(LOGGED)
        )
        return api

    def _grant_origin_secret(self, secret: OriginSecret) -> None:
        """Let the function read the secret that only the distribution adds."""
        iam.Grant.add_to_principal(
            grantee=self.function,
            actions=["secretsmanager:GetSecretValue"],
            resource_arns=[secret.secret_arn],
        )

    def _grant(self, stores: Stores) -> None:
        function = self.function
        stores.messages.grant(function, "dynamodb:UpdateItem")  # that somebody left by this mail
        stores.contacts.grant(function, "dynamodb:GetItem", "dynamodb:PutItem")
        stores.suppressions.grant(function, "dynamodb:Query", "dynamodb:PutItem")
        # The counters alone: no switch, pointer or watermark is this function's.
        function.add_to_role_policy(
            iam.PolicyStatement(
                actions=["dynamodb:UpdateItem"],
                resources=[stores.schedule.table_arn],
                conditions={"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["visits#*"]}},
            )
        )
        stores.grant_token_keys(function)
