from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, ParamValidationError
from moto import mock_aws

from postroad.aws import Clients, client_config


def test_a_client_has_the_patience_and_the_connections_that_were_asked_for() -> None:
    config = Clients(client_config(attempts=3, connections=50)).client("dynamodb").meta.config
    assert config.retries == {"mode": "standard", "total_max_attempts": 3}
    assert config.max_pool_connections == 50
    assert (config.connect_timeout, config.read_timeout) == (2, 5)


@mock_aws
def test_dynamodb_itself_says_what_is_wrong_with_an_item() -> None:
    wrong: dict[str, Any] = {"TableName": "", "Item": {"pk": {"S": "m-1"}}}
    with pytest.raises(ParamValidationError):
        boto3.client("dynamodb").put_item(**wrong)
    with pytest.raises(ClientError):
        Clients(client_config()).client("dynamodb").put_item(**wrong)


@pytest.mark.parametrize("key", ["", None])
def test_an_object_without_a_key_is_refused_before_it_becomes_a_list(key: str | None) -> None:
    with pytest.raises(ParamValidationError):
        Clients(client_config()).client("s3").get_object(Bucket="attachments", Key=key)
