from dataclasses import dataclass
from typing import cast

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext


@dataclass
class Context:
    """What Lambda hands to a handler beside the event."""

    function_name: str = "function"
    memory_limit_in_mb: int = 1024
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:123456789012:function:function"
    aws_request_id: str = "request-1"

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 60_000


@pytest.fixture
def context() -> LambdaContext:
    return cast("LambdaContext", Context())
