"""The tables: each one retained, recoverable, and safe from a delete."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from constructs import Construct

from postroad.ledger.dynamodb import HELD_INDEX, INDEX
from stacks.constructs.logical_id import pin_logical_id
from stacks.stage import Stage

TIME_TO_LIVE = "ttl"


class Tables(Construct):
    """Messages (with stream and indexes), Bodies, Suppressions, Schedule, Contacts, Journeys, Stats."""

    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage, key: kms.IKey | None) -> None:
        """Make the tables of `stage`, encrypted with `key`, or with AWS's own when it is None."""
        super().__init__(scope, construct_id)
        self._stage = stage
        self._encryption = (
            dynamodb.TableEncryptionV2.customer_managed_key(key)
            if key
            else dynamodb.TableEncryptionV2.dynamo_owned_key()
        )
        self.messages = self._table(
            "Messages",
            expires=True,
            stream=dynamodb.StreamViewType.NEW_AND_OLD_IMAGES,
            indexes=[
                dynamodb.GlobalSecondaryIndexPropsV2(
                    index_name=INDEX,
                    partition_key=dynamodb.Attribute(name="address_key", type=dynamodb.AttributeType.STRING),
                    sort_key=dynamodb.Attribute(name="accepted", type=dynamodb.AttributeType.NUMBER),
                    projection_type=dynamodb.ProjectionType.KEYS_ONLY,
                ),
                # With a sort key, so that DynamoDB can split a stream of which very much is held.
                dynamodb.GlobalSecondaryIndexPropsV2(
                    index_name=HELD_INDEX,
                    partition_key=dynamodb.Attribute(name="held", type=dynamodb.AttributeType.STRING),
                    sort_key=dynamodb.Attribute(name="pk", type=dynamodb.AttributeType.STRING),
                    projection_type=dynamodb.ProjectionType.KEYS_ONLY,
                ),
            ],
        )
        self.bodies = self._table("Bodies", expires=True)
        self.suppressions = self._table("Suppressions", expires=False)
        # What has been applied may be forgotten. Pointers and switches carry no time to live: dispatch alone
        # takes out what waits.
        self.schedule = self._table("Schedule", expires=True)
        # Profiles and consent carry no time to live: what a person agreed to is kept as evidence. What merely
        # counts (runs of soft bounces, what was mailed lately) may be forgotten.
        # Its stream tells, by keys alone, whose dates may have changed.
        self.contacts = self._table("Contacts", expires=True, stream=dynamodb.StreamViewType.KEYS_ONLY)
        # A walk that is over is forgotten after a time, and may then begin as if for the first time. One that
        # goes on carries no time to live.
        self.journeys = self._table("Journeys", expires=True)
        # Sums stay. How far a shard of the stream was counted is forgotten when the shard is.
        self.stats = self._table("Stats", expires=True)

    def _table(
        self,
        name: str,
        *,
        expires: bool,
        stream: dynamodb.StreamViewType | None = None,
        indexes: list[dynamodb.GlobalSecondaryIndexPropsV2] | None = None,
    ) -> dynamodb.TableV2:
        table = dynamodb.TableV2(
            self,
            name,
            table_name=self._stage.resource(name.lower()),
            partition_key=dynamodb.Attribute(name="pk", type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name="sk", type=dynamodb.AttributeType.STRING),
            billing=dynamodb.Billing.on_demand(),
            encryption=self._encryption,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            deletion_protection=True,
            removal_policy=RemovalPolicy.RETAIN,
            time_to_live_attribute=TIME_TO_LIVE if expires else None,
            dynamo_stream=stream,
            global_secondary_indexes=indexes,
        )
        pin_logical_id(table, name)
        return table
