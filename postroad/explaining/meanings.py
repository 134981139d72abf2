"""What statuses, reasons and steps mean, in sentences for a support person. Pure."""

from collections.abc import Mapping

from postroad.contract.words import RECEIVES_EXHAUSTED, Reason, Status

_STATUSES: Mapping[Status, str] = {
    Status.SCHEDULED: "It waits for its time.",
    Status.CLAIMED: "It is being sent right now, or its outcome is being found out.",
    Status.SENT: "SES took it. Nothing has come back about it yet.",
    Status.DELAYED: "The receiver has not taken it yet; SES goes on trying.",
    Status.DELIVERED: "The receiver's server took it. (Where it then put it, nobody tells a sender.)",
    Status.BOUNCED: "The receiver's server refused it.",
    Status.COMPLAINED: "The recipient marked it as spam.",
    Status.REJECTED: "It was not sent: SES took it, and then refused it.",
    Status.FAILED: "It was not sent, and is not tried again.",
    Status.SUPPRESSED: "It was not sent: the address may not be mailed.",
    Status.UNSUBSCRIBED: "It was not sent: the recipient left what this mail belongs to.",
    Status.CAPPED: "It was not sent: the recipient had got enough mail.",
    Status.EXPIRED: "It was not sent: its time had passed.",
    Status.CANCELLED: "It was not sent: it was called off.",
    Status.INVALID: "It was not sent: the message itself is wrong. A copy lies in the dead letters.",
    Status.HELD: "It waits for an operator.",
}
_REASONS: Mapping[Reason, str] = {
    Reason.NOT_JSON: "The body is no JSON in UTF-8.",
    Reason.TOO_LARGE: "The body is over 1 MiB.",
    Reason.SCHEMA: "The body does not follow postroad.message.v1.",
    Reason.UNKNOWN_STREAM: "It names another stream than the one whose queue it was put on.",
    Reason.UNKNOWN_TEMPLATE: "No template has this name.",
    Reason.TEMPLATE_DATA: "The template needs data that the message does not have.",
    Reason.ADDRESS: "The recipient's address can't be mailed.",
    Reason.HEADER: "A header is not allowed, or holds what a header can't hold.",
    Reason.TAG: "A tag can't be passed on to SES.",
    Reason.LOCALE: "The locale is not well-formed.",
    Reason.TOPIC: "The topic is malformed, none of the stream's, or missing where mail can be unsubscribed.",
    Reason.ATTACHMENT: "An attachment is not allowed.",
    Reason.ATTACHMENT_MISSING: "An attachment is not in S3.",
    Reason.ATTACHMENT_TOO_LARGE: "The attachments are too large.",
    Reason.CONFLICT: "Another message has this id already.",
    Reason.SEND_AT: "Its send_at has not come yet.",
    Reason.OUT_OF_HOURS: "It had to wait, and came to its turn out of the hours of its journey or stream.",
    Reason.CANCELLED_BY_OPERATOR: "An operator called it off before its time.",
    Reason.DROPPED_BY_OPERATOR: "It was held, and an operator dropped it.",
    Reason.EXPIRED: "When its turn came, its expires_at had passed, or 21 days since it was made.",
    Reason.RECIPIENT_NOT_ALLOWED: "This stage may not mail this recipient (recipients.allow).",
    Reason.HARD_BOUNCE: "The mailbox does not exist: the address is suppressed on all streams.",
    Reason.SOFT_BOUNCES: "The mailbox has refused several times over several days.",
    Reason.COMPLAINT: "The recipient complained: the address is suppressed on all streams.",
    Reason.MANUAL: "An operator suppressed the address.",
    Reason.UNSUBSCRIBED: "The recipient unsubscribed.",
    Reason.PAUSED: "The recipient asked for a pause: news and offers stop until it ends.",
    Reason.ERASED: "The recipient's data were erased, as they had asked: they get no news and offers.",
    Reason.FREQUENCY_CAP: "The recipient has got as much mail of its category as the configuration allows "
    "(caps).",
    Reason.JOURNEY_OVER: "While it waited, the recipient's walk through its journey ended.",
    Reason.SOFT_BOUNCE: "The mailbox refused for now (full, too large, busy).",
    Reason.UNDETERMINED_BOUNCE: "The receiver refused without saying whether for good.",
    Reason.ON_ACCOUNT_SUPPRESSION_LIST: "SES did not try: the address is on the account's suppression list.",
    Reason.SES_SUPPRESSED: "SES did not try: the address has bounced for other senders lately.",
    Reason.DELIVERY_DELAY: "The receiver asked to try again later.",
    Reason.REJECTED_BY_SES: "SES found a virus in it.",
    Reason.RENDERING_FAILURE: "SES took it and could not build the mail.",
    Reason.MESSAGE_REJECTED: "SES refused the message (MessageRejected).",
    Reason.BAD_REQUEST: "SES refused the request (BadRequest).",
    Reason.UNKNOWN_OUTCOME: "SES's answer was lost: it may have been sent, or not. SES's events decide; on a "
    'stream with unknown_outcome = "hold", a person.',
    Reason.ATTEMPTS_EXHAUSTED: "It failed as often as the configuration allows (attempts_max). If it is "
    "held, no answer came to the last attempt, and it may have been sent.",
    Reason.BODY_LOST: "Its body was lost while it waited, so it can't be sent any more.",
}
_STEPS: Mapping[str, str] = {
    "created": "made by the application",
    "accepted": "put on its queue",
    "claimed": "claimed for sending",
    "sent": "taken by SES",
    "delayed": "the receiver asked SES to wait",
    "delivered": "taken by the receiver's server",
    "bounced": "refused by the receiver's server",
    "complained": "marked as spam by the recipient",
    "rejected": "refused by SES after it was taken",
    "failed": "refused by SES",
    "suppressed": "stopped: the address may not be mailed",
    "unsubscribed": "stopped: the recipient had left",
    "expired": "stopped: too late",
    "capped": "stopped: the recipient had got enough mail",
    "invalid": "refused: the message is wrong",
    "held": "put aside for an operator",
    "scheduled": "put aside until its time",
    "cancelled": "called off",
    "left": "the recipient left by a link or the button of this mail",
    "reopened": "re-opened by an operator",
    "erased": "the recipient's data were erased from here, as they had asked",
    "opened": "opened, as far as can be told by a person",
    "clicked": "a link of it was clicked, as far as can be told by a person",
    "machine_opened": "its pictures were fetched by a machine: nobody need have seen it",
    "machine_clicked": "its links were followed by a machine, as mail gateways do",
}
_REDRIVE = "`postroad queues redrive --stream <stream> --message-id <message_id>`"
_RELEASE = "`postroad held release <message_id>`"
_DROP = "`postroad held drop <message_id>`"
_FIND_OUT = (
    f"Find out whether it came. If it did not, {_RELEASE.removesuffix('`')} --despite-unknown-outcome`; "
    f"if it did, or is not wanted any more, {_DROP}."
)
_NEXT: Mapping[Status, str] = {
    Status.SCHEDULED: "Nothing; or `postroad schedule cancel <message_id>` calls it off.",
    Status.CLAIMED: "Ask again in a few minutes: it goes on by itself.",
    Status.INVALID: "Mend what made the message, and enqueue it again under the same id.",
    Status.FAILED: f"Mend what SES refused; then {_REDRIVE}.",
    Status.SUPPRESSED: "If the recipient wants mail again: `postroad suppression remove <email>`.",
}
_NEXT_BY_REASON: Mapping[str, str] = {
    Reason.CONFLICT: "Find out why two messages have one id, and enqueue this one under an id of its own.",
    Reason.UNKNOWN_TEMPLATE: f"Deploy the template, then {_REDRIVE}; or mend the message, and enqueue it "
    "again under the same id.",
    Reason.TOPIC: "Mend the message, and enqueue it again under the same id; or add the topic to "
    f"config/topics.toml, deploy, then {_REDRIVE}.",
    Reason.TEMPLATE_DATA: "Mend the message, and enqueue it again under the same id; or mend the template, "
    f"deploy it, then {_REDRIVE}.",
    Reason.ATTACHMENT_MISSING: f"Put the file where the message says, then {_REDRIVE}.",
    Reason.ATTACHMENT_TOO_LARGE: "Send a link instead, under the same id; or raise attachments.max_bytes, "
    f"deploy, then {_REDRIVE}.",
    Reason.UNKNOWN_OUTCOME: "Nothing while it is claimed: it is decided by itself. If it is held: "
    f"{_FIND_OUT}",
    Reason.ATTEMPTS_EXHAUSTED: "Look for its error in the logs of `send`, and mend that. If it is invalid, "
    f"{_REDRIVE}. If it is held: {_FIND_OUT}",
    Reason.BODY_LOST: f"Enqueue it again under a new id, then {_DROP}.",
    Reason.RECIPIENT_NOT_ALLOWED: "If this stage may mail them, add them to recipients.allow in "
    f"config/<stage>.toml, deploy, then {_RELEASE}; if not, {_DROP}.",
    Reason.FREQUENCY_CAP: "Nothing. If it is scheduled, it goes in the next free slot, within its journey's "
    "hours; if it is capped, its journey says not to wait for one, or there was none in time.",
    Reason.OUT_OF_HOURS: "Nothing: it goes in the next of these hours.",
    Reason.PAUSED: "Nothing: it ends by itself. The recipient can end it by the link to their preferences.",
    Reason.ERASED: "Nothing. The recipient can sign up again by themselves.",
    Reason.ON_ACCOUNT_SUPPRESSION_LIST: "If the mailbox works again: `postroad suppression remove <email>`, "
    "then `postroad suppression sync --apply`.",
}
_NEXT_BY_BOTH: Mapping[tuple[Status, str], str] = {
    (
        Status.CLAIMED,
        Reason.UNKNOWN_OUTCOME,
    ): "Nothing: it is decided by itself. If that takes longer than an "
    "hour, look at the alarms: SES's events may not be coming in.",
    (Status.HELD, Reason.UNKNOWN_OUTCOME): _FIND_OUT,
    (Status.HELD, Reason.ATTEMPTS_EXHAUSTED): _FIND_OUT,
    (Status.HELD, Reason.TOO_LARGE): f"If its body has a created_at, {_RELEASE}; else enqueue it again under "
    f"a new id, some bytes shorter, then {_DROP}.",
    (
        Status.INVALID,
        Reason.ATTEMPTS_EXHAUSTED,
    ): f"Look for its error in the logs of `send` and mend that; then {_REDRIVE}.",
}


NOT_SENT = frozenset(
    {
        Status.REJECTED,
        Status.FAILED,
        Status.SUPPRESSED,
        Status.UNSUBSCRIBED,
        Status.CAPPED,
        Status.EXPIRED,
        Status.CANCELLED,
        Status.INVALID,
        Status.HELD,
    }
)
"""Statuses of messages that reached nobody and are not under way (`held`: until an operator acts)."""


def of_status(status: Status, reason: str = "", *, released: bool = False) -> str:
    """Return what a status means, with this reason; `released` is a claim that nobody holds any more."""
    if status is Status.CLAIMED and released:
        return "No attempt is under way, and none was sent that we know of: it is tried again soon."
    if status is Status.CLAIMED and reason == Reason.UNKNOWN_OUTCOME:
        return "It waits for SES's events to say whether it was sent; if it was not, it is sent again."
    return _STATUSES[status]


def of_reason(reason: str) -> str:
    """Return what a reason means; a reason that a newer version wrote stands for itself."""
    if reason == RECEIVES_EXHAUSTED:
        return "SQS gave it up: no run finished with it, as often as it was handed out."
    try:
        return _REASONS[Reason(reason)]
    except ValueError:
        return reason


def of_step(word: str) -> str:
    """Return what happened at a time of a row, or nothing for a word that says it by itself."""
    return _STEPS.get(word, "")


def next_step(status: Status, reason: str) -> str | None:
    """Return what an operator can do about it, or None if nothing is to be done."""
    return _NEXT_BY_BOTH.get((status, reason)) or _NEXT_BY_REASON.get(reason) or _NEXT.get(status)


def next_step_of_reason(reason: Reason) -> str | None:
    """Return what can be done about a reason, whatever the status, or None if the status says it."""
    return _NEXT_BY_REASON.get(reason)
