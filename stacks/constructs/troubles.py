"""What can ring: for each kind of trouble the end of the alarm's name, its runbook, and its text.

That text is all that stands in the mail at night: what is wrong, what to do first, and where to read on.
"""

from dataclasses import dataclass

from stacks.stage import Stage

ACCOUNT = "account"
"""Whose alarms those of the whole SES account are."""
LATE_MINUTES = 15
STALE_MINUTES = 30
OVERDUE_MINUTES = 10

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
COUNTING_DEAD_LETTERS = Trouble(
    word="dead-letters",
    page="counting-dead-letters",
    wrong="Some of what became of mail could not be counted: reports of these days tell too little.",
    first=f"`{_QUEUES} --dead-letters 100` shows how many.",
)
JOURNEYS_DEAD_LETTERS = Trouble(
    word="dead-letters",
    page="journeys-dead-letters",
    wrong="Events of contacts could not be taken: no journey has begun, gone on or ended by them.",
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
JOURNEYS_LATE = Trouble(
    word="late",
    page="journeys-late",
    wrong=f"Events of contacts, or walks through journeys, have waited for {LATE_MINUTES} minutes: journeys "
    "go on late.",
    first=f"`{_QUEUES}` shows how many wait.",
)
DATES_LATE = Trouble(
    word="dates-late",
    page="journeys-late",
    wrong=f"Changes of contacts have waited for {LATE_MINUTES} minutes: journeys that a date begins may miss "
    "what changed today.",
    first="The function's log says what holds it up.",
)
WALKS_LATE = Trouble(
    word="schedule-late",
    page="journeys-late",
    wrong=f"A walk through a journey has been due for {OVERDUE_MINUTES} minutes and is not on its queue yet.",
    first=f"`{_QUEUES}` shows how many wait.",
)
WALKS_OVERLOOKED = Trouble(
    word="overlooked",
    page="journeys-overlooked",
    wrong="The nightly audit found walks through journeys that dispatch had passed over, and put them back: "
    "their mails leave late.",
    first="`aws logs tail /aws/lambda/postroad-{stage}-dispatch --since 24h` shows how many.",
)
OUTCOMES_LATE = Trouble(
    word="late",
    page="outcomes-late",
    wrong=f"Results are {LATE_MINUTES} minutes behind: applications hear late. Mail itself is not held up.",
    first="`aws logs tail /aws/lambda/postroad-{stage}-outcomes --since 1h` shows why.",
)
COUNTING_LATE = Trouble(
    word="late",
    page="counting-late",
    wrong=f"Counting is {LATE_MINUTES} minutes behind: reports tell too little as yet. Nothing else waits "
    "for it.",
    first="`aws logs tail /aws/lambda/postroad-{stage}-counting --since 1h` shows why.",
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
EVENTS_DEAD_LETTERS = Trouble(
    word="dead-letters",
    page="events-dead-letters",
    wrong="Objects of SES's events could not be taken in: what is in them is missing from rows and evidence.",
    first=f"`{_QUEUES} --dead-letters 100` shows them.",
)
EVENTS_LATE = Trouble(
    word="late",
    page="events-late",
    wrong=f"SES's events from S3 are {LATE_MINUTES} minutes behind: deliveries are shown late, and what "
    "waits for evidence waits longer.",
    first=f"`{_QUEUES}` shows how many objects wait.",
)
EVENTS_NOT_DELIVERED = Trouble(
    word="stuck",
    page="events-stuck",
    wrong=f"For {LATE_MINUTES} minutes Firehose has held events of SES that it can't write to their bucket.",
    first="`aws logs tail /aws/kinesisfirehose/postroad-{stage}-events --since 1h` shows why.",
)
UNKNOWN_OUTCOMES = Trouble(
    word="unknown-outcomes",
    page="unknown-outcomes",
    wrong="SES gave no answer for mails of the stream {part}. SES's events decide within minutes which of "
    "them left; on a stream that says `hold` you do.",
    first="look on the dashboard whether SES answers again.",
)
DUPLICATES = Trouble(
    word="duplicates",
    page="duplicates",
    wrong="Mails of the stream {part} left twice: SES reported one that the evidence had said was not sent.",
    first="run the saved query *mails that left twice* to see which.",
)
HELD = Trouble(
    word="held",
    page="held",
    wrong="Mails of the stream {part} are held: they wait for you, and nothing else will send them.",
    first="`postroad --stage {stage} held list --stream {part}` shows which, and why.",
)
BODIES_LOST = Trouble(
    word="bodies-lost",
    page="bodies-lost",
    wrong="Messages of the stream {part} were due and their bodies are gone: they are held, and can't be "
    "sent.",
    first="`postroad --stage {stage} held list --stream {part}` shows which.",
)
EVIDENCE_STALE = Trouble(
    word="evidence-stale",
    page="evidence-stale",
    wrong=f"SES's events of the stream {{part}} have not been known up to date for {STALE_MINUTES} minutes: "
    "mails with an unknown outcome wait.",
    first="`postroad --stage {stage} stream status` shows how far behind it is.",
)
STREAM_STOPPED = Trouble(
    word="stopped",
    page="stream-stopped",
    wrong="The stream {part} has stopped itself, because SES takes none of its mail. The mail waits.",
    first="`postroad --stage {stage} stream status` says why, and when it is tried again.",
)
DISPATCH_NOT_RUN = Trouble(
    word="not-run",
    page="dispatch-not-run",
    wrong="The function {part} has not finished a run for 10 minutes: nothing that is scheduled leaves, and "
    "no unknown outcome is decided.",
    first="`aws logs tail /aws/lambda/postroad-{stage}-{part} --since 1h` shows why.",
)
DISPATCH_LATE = Trouble(
    word="schedule-late",
    page="schedule-late",
    wrong=f"A scheduled message of the stream {{part}} has been due for {OVERDUE_MINUTES} minutes and is not "
    "on its queue yet.",
    first="`postroad --stage {stage} stream status` shows what holds it up.",
)
AUDIT_FOUND = Trouble(
    word="overlooked",
    page="schedule-overlooked",
    wrong="The nightly audit found scheduled messages of the stream {part} that dispatch had passed over, "
    "and put them back.",
    first="`postroad --stage {stage} schedule list --stream {part}` shows what waits.",
)
STRANDED = Trouble(
    word="stranded",
    page="schedule-stranded",
    wrong="Messages are scheduled on a stream that is not deployed any more: nothing sends them.",
    first="`aws logs tail /aws/lambda/postroad-{stage}-{part} --since 24h --filter-pattern "
    "'\"pointers of no stream\"'` names it.",
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
