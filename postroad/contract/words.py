"""The words of the contract. Rows, results, metrics and pages carry them exactly as they stand here."""

from enum import StrEnum


class Status(StrEnum):
    """Where a message stands. What each means: docs/reference/contract.md."""

    SCHEDULED = "scheduled"
    CLAIMED = "claimed"
    SENT = "sent"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    REJECTED = "rejected"
    FAILED = "failed"
    SUPPRESSED = "suppressed"
    UNSUBSCRIBED = "unsubscribed"
    CAPPED = "capped"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    INVALID = "invalid"
    HELD = "held"


class StreamKind(StrEnum):
    """What a stream carries: unsubscribing never stops transactional mail."""

    TRANSACTIONAL = "transactional"
    MARKETING = "marketing"


class BounceKind(StrEnum):
    """SES's bounce types Permanent, Transient and Undetermined, in the words of the field."""

    HARD = "hard"
    SOFT = "soft"
    UNDETERMINED = "undetermined"


class Reason(StrEnum):
    """Why a message has its status, or why an address is suppressed."""

    # The body can't be read as a message.
    NOT_JSON = "not_json"
    TOO_LARGE = "too_large"
    SCHEMA = "schema"
    # The message can be read and can't be sent as it is.
    UNKNOWN_STREAM = "unknown_stream"
    UNKNOWN_TEMPLATE = "unknown_template"
    TEMPLATE_DATA = "template_data"
    ADDRESS = "address"
    HEADER = "header"
    TAG = "tag"
    LOCALE = "locale"
    TOPIC = "topic"
    ATTACHMENT = "attachment"
    ATTACHMENT_MISSING = "attachment_missing"
    ATTACHMENT_TOO_LARGE = "attachment_too_large"
    CONFLICT = "conflict"
    # The message could be sent and must not be.
    EXPIRED = "expired"
    RECIPIENT_NOT_ALLOWED = "recipient_not_allowed"
    HARD_BOUNCE = "hard_bounce"
    SOFT_BOUNCES = "soft_bounces"
    COMPLAINT = "complaint"
    MANUAL = "manual"
    UNSUBSCRIBED = "unsubscribed"
    PAUSED = "paused"
    ERASED = "erased"
    FREQUENCY_CAP = "frequency_cap"
    JOURNEY_OVER = "journey_over"
    # The message waits, or somebody ended its waiting.
    SEND_AT = "send_at"
    OUT_OF_HOURS = "out_of_hours"
    CANCELLED_BY_OPERATOR = "cancelled_by_operator"
    DROPPED_BY_OPERATOR = "dropped_by_operator"
    # What SES answered or reported.
    SOFT_BOUNCE = "soft_bounce"
    UNDETERMINED_BOUNCE = "undetermined_bounce"
    ON_ACCOUNT_SUPPRESSION_LIST = "on_account_suppression_list"
    SES_SUPPRESSED = "ses_suppressed"
    DELIVERY_DELAY = "delivery_delay"
    REJECTED_BY_SES = "rejected_by_ses"
    RENDERING_FAILURE = "rendering_failure"
    MESSAGE_REJECTED = "message_rejected"
    BAD_REQUEST = "bad_request"
    # Postroad could not bring it to an end by itself.
    UNKNOWN_OUTCOME = "unknown_outcome"
    ATTEMPTS_EXHAUSTED = "attempts_exhausted"
    BODY_LOST = "body_lost"


class StopReason(StrEnum):
    """Why a stream's circuit stopped it: `why` in `postroad.stream.v1`, unless an operator wrote it."""

    QUOTA_EXHAUSTED = "quota_exhausted"
    SENDING_PAUSED = "sending_paused"
    ACCOUNT_SUSPENDED = "account_suspended"
    CONFIGURATION = "configuration"
    ACCESS_DENIED = "access_denied"
    SES_UNREACHABLE = "ses_unreachable"
    NO_ANSWER = "no_answer"
    UNEXPECTED_ANSWER = "unexpected_answer"


RECEIVES_EXHAUSTED = "receives_exhausted"
"""Stands for a reason where SQS gave a message up: no run of `send` ever finished with it. No row has it."""
