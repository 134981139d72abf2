"""What holds data survives: a delete, a mistake, a changed construct."""

import pytest

from tests.infrastructure.templates import Stacks

STATEFUL = {
    "Messages": "AWS::DynamoDB::GlobalTable",
    "Bodies": "AWS::DynamoDB::GlobalTable",
    "Suppressions": "AWS::DynamoDB::GlobalTable",
    "Schedule": "AWS::DynamoDB::GlobalTable",
    "Contacts": "AWS::DynamoDB::GlobalTable",
    "Journeys": "AWS::DynamoDB::GlobalTable",
    "Stats": "AWS::DynamoDB::GlobalTable",
    "AddressSecret": "AWS::SecretsManager::Secret",
    "TokenKeys": "AWS::SecretsManager::Secret",
    "Attachments": "AWS::S3::Bucket",
}
TABLES = [name for name, kind in STATEFUL.items() if kind == "AWS::DynamoDB::GlobalTable"]


def test_logical_ids_are_pinned(prod: Stacks) -> None:
    resources = prod.foundation["Resources"]
    assert {name: resources[name]["Type"] for name in STATEFUL} == STATEFUL
    for kind in set(STATEFUL.values()):
        deployed = {name for name, found in prod.foundation["Resources"].items() if found["Type"] == kind}
        assert deployed == {name for name, found in STATEFUL.items() if found == kind}
    in_mail = {found["Type"] for found in prod.mail["Resources"].values()}
    assert in_mail & set(STATEFUL.values()) == {"AWS::S3::Bucket"}  # of events, which expire


@pytest.mark.parametrize("name", STATEFUL)
def test_everything_stateful_is_retained(prod: Stacks, name: str) -> None:
    resource = prod.foundation["Resources"][name]
    assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("Retain", "Retain")


def test_the_customer_managed_key_is_pinned_retained_and_rotated(managed: Stacks) -> None:
    key = managed.foundation["Resources"]["EncryptionKey"]
    assert (key["Type"], key["DeletionPolicy"]) == ("AWS::KMS::Key", "Retain")
    assert key["Properties"]["EnableKeyRotation"] is True


@pytest.mark.parametrize("name", TABLES)
def test_tables_are_recoverable_protected_and_on_demand(prod: Stacks, name: str) -> None:
    table = prod.foundation["Resources"][name]["Properties"]
    (replica,) = table["Replicas"]
    assert replica["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True
    assert replica["DeletionProtectionEnabled"] is True
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["TableName"] == f"postroad-prod-{name.lower()}"
    keys = [(key["AttributeName"], key["KeyType"]) for key in table["KeySchema"]]
    assert keys == [("pk", "HASH"), ("sk", "RANGE")]


@pytest.mark.parametrize(
    ("name", "expires"),
    [
        ("Messages", True),
        ("Bodies", True),
        ("Suppressions", False),
        ("Schedule", True),
        ("Contacts", True),
        ("Journeys", True),
        ("Stats", True),
    ],
)
def test_only_what_may_be_forgotten_expires(prod: Stacks, name: str, *, expires: bool) -> None:
    table = prod.foundation["Resources"][name]["Properties"]
    expected = {"AttributeName": "ttl", "Enabled": True} if expires else None
    assert table.get("TimeToLiveSpecification") == expected


def test_messages_has_its_stream_and_its_indexes(prod: Stacks) -> None:
    table = prod.foundation["Resources"]["Messages"]["Properties"]
    assert table["StreamSpecification"] == {"StreamViewType": "NEW_AND_OLD_IMAGES"}
    indexes = table["GlobalSecondaryIndexes"]
    assert all(index["Projection"] == {"ProjectionType": "KEYS_ONLY"} for index in indexes)
    keys = {index["IndexName"]: [key["AttributeName"] for key in index["KeySchema"]] for index in indexes}
    assert keys == {"by_recipient": ["address_key", "accepted"], "held": ["held", "pk"]}
    types = {found["AttributeName"]: found["AttributeType"] for found in table["AttributeDefinitions"]}
    assert types == {"pk": "S", "sk": "S", "address_key": "S", "accepted": "N", "held": "S"}


def test_contacts_tells_by_keys_alone_who_changed(prod: Stacks) -> None:
    table = prod.foundation["Resources"]["Contacts"]["Properties"]
    assert table["StreamSpecification"] == {"StreamViewType": "KEYS_ONLY"}


def test_the_key_is_aws_owned_or_ours_as_configured(prod: Stacks, managed: Stacks) -> None:
    for name in TABLES:
        theirs = prod.foundation["Resources"][name]["Properties"]
        ours = managed.foundation["Resources"][name]["Properties"]
        assert theirs["SSESpecification"] == {"SSEEnabled": False}
        assert ours["SSESpecification"] == {"SSEEnabled": True, "SSEType": "KMS"}
    assert not prod.all("AWS::KMS::Key")
    assert all("KmsMasterKeyId" in queue for queue in managed.properties("AWS::SQS::Queue"))
    assert all(queue["SqsManagedSseEnabled"] is True for queue in prod.properties("AWS::SQS::Queue"))


def test_the_bucket_is_private_and_forgets(prod: Stacks) -> None:
    bucket = prod.foundation["Resources"]["Attachments"]["Properties"]
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    rules = {rule["Prefix"]: rule["ExpirationInDays"] for rule in bucket["LifecycleConfiguration"]["Rules"]}
    days = prod.configuration.attachments.keep_days
    assert rules == {f"attachments/{name}/": days for name in prod.configuration.streams} | {
        f"bodies/{days}-days/": days for days in (60, 420, 4200)
    }


def test_the_address_secret_alone_is_copied_to_the_backup_region(prod: Stacks) -> None:
    copies = {
        secret["Name"]: [replica["Region"] for replica in secret.get("ReplicaRegions", [])]
        for secret in prod.properties("AWS::SecretsManager::Secret")
    }
    assert copies == {"postroad/prod/address-secret": ["eu-central-1"], "postroad/prod/token-keys": []}


def test_the_two_secrets_are_generated_apart_and_never_rotated(prod: Stacks) -> None:
    for secret in prod.properties("AWS::SecretsManager::Secret"):
        assert secret["GenerateSecretString"]["PasswordLength"] == 64
        assert "SecretString" not in secret
    assert not prod.all("AWS::SecretsManager::RotationSchedule")
