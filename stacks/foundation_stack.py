"""The stack that holds data: retained whatever happens to the rest."""

from typing import TYPE_CHECKING, cast

from aws_cdk import aws_ssm as ssm
from constructs import Construct

from postroad.names import pascal
from stacks.constructs.attachments import AttachmentsBucket
from stacks.constructs.encryption_key import EncryptionKey
from stacks.constructs.secrets import AddressSecret, TokenKeys, arn_of
from stacks.constructs.sending_domain import SendingDomain
from stacks.constructs.tables import Tables
from stacks.constructs.web_domain import WebDomain
from stacks.stage import Shared, Stage
from stacks.stage_stack import StageStack

if TYPE_CHECKING:
    from postroad.configuration import Configuration


class FoundationStack(StageStack):
    """Domains, tables, secrets, the bucket and the key."""

    def __init__(self, scope: Construct, *, stage: Stage, configuration: "Configuration") -> None:
        """Make `postroad-<stage>-foundation`."""
        super().__init__(
            scope,
            stage=stage,
            name="foundation",
            description="domains, tables, secrets. Holds data: retained.",
        )
        producers = {producer.account: producer.streams for producer in configuration.producers}
        key = (
            EncryptionKey(self, "EncryptionKey", stage=stage, producer_accounts=tuple(producers))
            if configuration.encryption == "customer-managed"
            else None
        )
        for domain in configuration.domains:
            SendingDomain(self, f"SendingDomain{pascal(domain.name)}", stage=stage, domain=domain)
        tables = Tables(self, "Tables", stage=stage, key=key)
        address_secret = AddressSecret(
            self, "AddressSecret", stage=stage, key=key, backup_region=configuration.aws.backup_region
        )
        token_keys = TokenKeys(self, "TokenKeys", stage=stage, key=key)
        attachments = AttachmentsBucket(
            self,
            "Attachments",
            stage=stage,
            key=key,
            streams=tuple(configuration.streams),
            producers=producers,
            attachments_days=configuration.attachments.keep_days,
        )
        if configuration.web and not stage.is_local:
            web = WebDomain(self, "WebDomain", web=configuration.web)
            self.tell("WebDomainName", web.name)
            self.tell("WebCertificateArn", web.certificate.certificate_arn)
            self._share("web-certificate-arn", web.certificate.certificate_arn)

        self._share("messages-stream-arn", cast("str", tables.messages.table_stream_arn))
        self._share("contacts-stream-arn", cast("str", tables.contacts.table_stream_arn))
        self._share("address-secret-arn", arn_of(address_secret))
        self._share("token-keys-secret-arn", arn_of(token_keys))
        if key:
            self._share("key-arn", key.key_arn)
        self.tell("MessagesTable", tables.messages.table_name)
        self.tell("BodiesTable", tables.bodies.table_name)
        self.tell("SuppressionsTable", tables.suppressions.table_name)
        self.tell("ScheduleTable", tables.schedule.table_name)
        self.tell("ContactsTable", tables.contacts.table_name)
        self.tell("JourneysTable", tables.journeys.table_name)
        self.tell("StatsTable", tables.stats.table_name)
        self.tell("AttachmentsBucket", attachments.bucket_name)
        self.tell("AddressSecretArn", arn_of(address_secret))
        self.tell("TokenKeysSecretArn", arn_of(token_keys))

    def _share(self, what: Shared, value: str) -> None:
        ssm.StringParameter(
            self,
            f"Share-{what}",
            parameter_name=self.stage.shared(what),
            string_value=value,
            description="Read by the stack `mail` when it is deployed.",
        )
