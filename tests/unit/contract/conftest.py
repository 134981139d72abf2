from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def whole() -> dict[str, Any]:
    """Every field of the contract at once."""
    return {
        "schema": "postroad.message.v1",
        "message_id": "order-1042-confirmation",
        "created_at": "2026-11-22T14:03:11Z",
        "stream": "transactional",
        "template": "order_confirmation",
        "to": {"email": "ana.ruiz@example.com", "name": "Ana Ruiz"},
        "locale": "es-CO",
        "data": {"order_id": "1042", "lines": [{"quantity": 2, "price": 12.5, "gift": None}]},
        "topic": "product_updates",
        "reply_to": "help@example.com",
        "attachments": [{"filename": "invoice.pdf", "content_type": "application/pdf", "s3": "bucket/a/key"}],
        "headers": {"X-Order": "1042"},
        "tags": {"order": "1042"},
        "send_at": "2026-11-23T09:00:00-05:00",
        "expires_at": "2026-11-23T21:00:00-05:00",
    }


@pytest.fixture
def least() -> dict[str, Any]:
    """The required fields alone."""
    return {
        "schema": "postroad.message.v1",
        "message_id": "order-1042-confirmation",
        "stream": "transactional",
        "template": "order_confirmation",
        "to": {"email": "ana.ruiz@example.com"},
    }
