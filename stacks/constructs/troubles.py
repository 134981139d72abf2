"""What can ring: for each kind of trouble the end of the alarm's name, its runbook, and its text.

That text is all that stands in the mail at night: what is wrong, what to do first, and where to read on.
"""

from dataclasses import dataclass

from stacks.stage import Stage

ACCOUNT = "account"
"""Whose alarms those of the whole SES account are."""
LATE_MINUTES = 15

# SES reviews an account at these rates, and pauses it soon after.
# https://docs.aws.amazon.com/ses/latest/dg/reputationdashboardmessages.html
BOUNCE_RATE = 0.05
COMPLAINT_RATE = 0.001
# One bounce of three mails is a third, and no reason to wake anybody: so many must have come within the day.
LEAST_BOUNCES = 5
LEAST_COMPLAINTS = 2

_QUEUES = "postroad --stage {stage} queues"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """A kind of alarm. Its texts take `{part}`, `{whose}` (the same in words) and `{stage}`."""

    word: str
    """How the alarm's name ends: postroad-<stage>-<part>-<word>."""
    page: str
    """The runbook: docs/runbooks/<page>.md."""
    wrong: str
    first: str

    def text(self, *, part: str, stage: Stage, runbooks: str) -> str:
        """Return the alarm's description; `runbooks` is the folder or address that the pages are in."""
        whose = "the whole account" if part == ACCOUNT else f"the stream {part}"
        said = f"{self.wrong} First: {self.first}".format(part=part, whose=whose, stage=stage.name)
        return f"{said} Then: {runbooks}/{self.page}.md"


STREAM_DEAD_LETTERS = Trouble(
    word="dead-letters",
    page="stream-dead-letters",
    wrong="Messages of the stream {part} could not be sent, and wait for you.",
    first=f"`{_QUEUES} --stream {{part}}` shows which, and why.",
)
FEEDBACK_DEAD_LETTERS = Trouble(
    word="dead-letters",
    page="feedback-dead-letters",
    wrong="Events of SES could not be taken in: bounced or complaining addresses may still be mailed.",
    first=f"`{_QUEUES} --dead-letters 100` shows them.",
)
OUTCOMES_DEAD_LETTERS = Trouble(
    word="dead-letters",
    page="outcomes-dead-letters",
    wrong="Results could not be published: applications don't hear of some messages.",
    first=f"`{_QUEUES} --dead-letters 100` shows how many.",
)
STREAM_LATE = Trouble(
    word="late",
    page="stream-late",
    wrong=f"A message of the stream {{part}} has waited for {LATE_MINUTES} minutes and is not sent yet.",
    first=f"`{_QUEUES} --stream {{part}}` shows how many wait.",
)
FEEDBACK_LATE = Trouble(
    word="late",
    page="feedback-late",
    wrong=f"SES's events are {LATE_MINUTES} minutes behind: bounced addresses may still be mailed.",
    first=f"`{_QUEUES}` shows how many wait.",
)
OUTCOMES_LATE = Trouble(
    word="late",
    page="outcomes-late",
    wrong=f"Results are {LATE_MINUTES} minutes behind: applications hear late. Mail itself is not held up.",
    first="`aws logs tail /aws/lambda/postroad-{stage}-outcomes --since 1h` shows why.",
)
FUNCTION_ERRORS = Trouble(
    word="errors",
    page="function-errors",
    wrong="The function {part} goes on ending with errors; each batch is tried again.",
    first="`aws logs tail /aws/lambda/postroad-{stage}-{part} --since 1h` shows why.",
)
FUNCTION_THROTTLES = Trouble(
    word="throttles",
    page="function-throttles",
    wrong="For 15 minutes Lambda has refused to start the function {part}: the account's concurrency is used "
    "up.",
    first="`aws lambda get-account-settings` shows the limit.",
)
UNKNOWN_OUTCOMES = Trouble(
    word="unknown-outcomes",
    page="unknown-outcomes",
    wrong="SES gave no answer for mails of the stream {part}: sent or not, nobody knows yet. They are held.",
    first="look on the dashboard whether SES answers again.",
)
HIGH_BOUNCE_RATE = Trouble(
    word="bounce-rate",
    page="bounce-rate",
    wrong=f"{BOUNCE_RATE:.0%} or more of the mail of {{whose}} bounces. SES reviews an account at that rate, "
    "and then pauses all its sending.",
    first="stop what has just begun to send: a new list, an import, a campaign.",
)
HIGH_COMPLAINT_RATE = Trouble(
    word="complaint-rate",
    page="complaint-rate",
    wrong=f"{COMPLAINT_RATE:.1%} or more of the recipients of {{whose}} mark its mail as spam. SES reviews "
    "an account at that rate, and then pauses all its sending.",
    first="stop what has just begun to send: a new list, an import, a campaign.",
)
