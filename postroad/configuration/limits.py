"""The section of times: how long functions run and wait."""

from math import ceil

from pydantic import Field, ValidationInfo, field_validator

from postroad.configuration.section import Section, broken_rule
from postroad.configuration.sizing import (
    AROUND_A_REQUEST_SECONDS,
    FROM_THE_RATE,
    LEAST_ROOM_SECONDS,
    START_SECONDS,
    room_seconds,
)

# Lambda's and SQS's advice: a run that was throttled can be retried before its messages show up again.
VISIBILITY_PER_TIMEOUT = 6


class Timing(Section):
    """How long functions run, wait and hold what they claimed."""

    send_timeout_seconds: int = Field(
        default=60, ge=2, le=900, description="The longest run of the send function (Lambda's limit is 900)."
    )
    lease_seconds: int = Field(
        default=120,
        ge=3,
        le=43_200,
        description=(
            "How long a claim holds a message before another run may judge it. Longer than "
            "`send_timeout_seconds`, so that no two runs ever have the same message."
        ),
    )
    ses_connect_timeout_seconds: float = Field(
        default=2.0, gt=0, le=60, description="How long send waits for a connection to SES."
    )
    ses_read_timeout_seconds: float = Field(
        default=10.0,
        gt=0,
        le=300,
        description=(
            "How long send waits for SES's answer; after that the outcome is unknown. With the connect "
            "timeout 8 seconds less than `send_timeout_seconds`, at the most."
        ),
    )
    retry_after_seconds: int = Field(
        default=60,
        ge=1,
        le=43_200,
        description="When a message comes back that SES could not take for now (rate, pause, permission).",
    )
    attempts_max: int = Field(
        default=5,
        ge=1,
        le=100,
        description=(
            "After so many attempts that failed for no known reason a message is given up: refused where our "
            "own code failed, `held` where SES's answer got lost; reason `attempts_exhausted`. Whatever SES "
            "turns away for now (rate, pause, permission) does not count."
        ),
    )
    evidence_seconds: int = Field(
        default=120,
        ge=1,
        le=3600,
        description=(
            "A mail whose answer got lost has not been sent if SES's events are known up to this long after "
            "its claim and none is about it. Longer than both of SES's timeouts together."
        ),
    )
    evidence_after_crash_seconds: int = Field(
        default=300,
        ge=1,
        le=3600,
        description=(
            "The same for a run that died, from the end of its lease on. 300 at least (but for the stage "
            "`local`): a frozen function may still hold a signed request, and AWS takes one for 5 minutes "
            "after its date (Signature Version 4)."
        ),
    )
    schedule_lead_seconds: int = Field(
        default=120,
        ge=10,
        le=900,
        description=(
            "A message with a `send_at` nearer than this waits in its queue, one further off in the table "
            "Schedule. Dispatch comes each minute: two of them leave it time."
        ),
    )
    canary_minutes: int = Field(
        default=15,
        ge=1,
        le=25,
        description=(
            "How often each stream mails SES's own mailbox simulator, so that it is known that SES's events "
            "arrive also when nothing else is sent; 15 makes 2,880 mails a month, 0.46 USD. While a message "
            "waits for evidence it is each minute."
        ),
    )
    dispatch_timeout_seconds: int = Field(
        default=50,
        ge=5,
        le=59,
        description="The longest run of the dispatch function, less than the minute until the next.",
    )
    events_buffer_seconds: int = Field(
        default=60,
        ge=1,
        le=900,
        description=(
            "How long Firehose collects SES's events into one object. Longer makes fewer objects, and "
            "deliveries known later. An object is complete at 5 MiB in any case."
        ),
    )
    events_batch_size: int = Field(
        default=1,
        ge=1,
        le=100,
        description=(
            "The most of these objects that one run of feedback takes; one can hold thousands of events."
        ),
    )
    events_batching_window_seconds: int = Field(
        default=0,
        ge=0,
        le=300,
        description="How long Lambda waits to fill such a batch. A batch size over 10 needs 1 at least.",
    )
    events_maximum_concurrency: int | None = Field(
        default=None,
        ge=2,
        le=1000,
        json_schema_extra={"shown_default": FROM_THE_RATE},
        description=(
            "How many copies of the feedback function work on such objects at once. By default one for "
            "each 100 mails a second of the stage's rate, and at least 2."
        ),
    )
    feedback_timeout_seconds: int = Field(
        default=60, ge=1, le=900, description="The longest run of the feedback function."
    )
    feedback_batch_size: int = Field(
        default=100, ge=1, le=1000, description="The most SES events that one run of feedback takes."
    )
    feedback_batching_window_seconds: int = Field(
        default=1,
        ge=0,
        le=300,
        description="How long Lambda waits to fill such a batch. A batch size over 10 needs 1 at least.",
    )
    feedback_maximum_concurrency: int | None = Field(
        default=None,
        ge=2,
        le=1000,
        json_schema_extra={"shown_default": FROM_THE_RATE},
        description=(
            "How many copies of the feedback function work on single events at once. By default as above."
        ),
    )
    journeys_timeout_seconds: int = Field(
        default=60, ge=5, le=900, description="The longest run of the journeys function."
    )
    journeys_batch_size: int = Field(
        default=100,
        ge=1,
        le=1000,
        description="The most events, and walks that are due, that one run of journeys takes.",
    )
    journeys_batching_window_seconds: int = Field(
        default=1,
        ge=0,
        le=300,
        description="How long Lambda waits to fill such a batch. A batch size over 10 needs 1 at least.",
    )
    journeys_maximum_concurrency: int | None = Field(
        default=None,
        ge=2,
        le=1000,
        json_schema_extra={"shown_default": FROM_THE_RATE},
        description=(
            "How many copies of the journeys function work at once. By default one for each 25 mails a "
            "second of the stage's rate, and at least 2."
        ),
    )
    outcomes_timeout_seconds: int = Field(
        default=30, ge=1, le=900, description="The longest run of the outcomes function."
    )
    outcomes_batch_size: int = Field(
        default=100, ge=1, le=1000, description="The most changed rows that one run of outcomes takes."
    )
    outcomes_batching_window_seconds: int = Field(
        default=1, ge=0, le=300, description="How long Lambda waits to fill such a batch."
    )
    counting_timeout_seconds: int = Field(
        default=120, ge=1, le=900, description="The longest run of the counting function."
    )
    counting_batching_window_seconds: int = Field(
        default=300,
        ge=0,
        le=300,
        description=(
            "How long Lambda gathers changed rows for a run of counting: so much later does "
            "`postroad report` know of them at most. Each run costs a write for each counter that it moves, "
            "so a short window costs more than all functions."
        ),
    )

    @field_validator("lease_seconds")
    @classmethod
    def _lease_outlives_the_run(cls, value: int, info: ValidationInfo) -> int:
        timeout = info.data.get("send_timeout_seconds")
        if timeout is not None and value <= timeout:
            raise broken_rule(f"expected more than send_timeout_seconds ({timeout}), got {value}")
        return value

    @field_validator("ses_read_timeout_seconds")
    @classmethod
    def _an_answer_fits_into_a_run(cls, value: float, info: ValidationInfo) -> float:
        timeout = info.data.get("send_timeout_seconds")
        connect = info.data.get("ses_connect_timeout_seconds")
        if timeout is None or connect is None:
            return value
        room = room_seconds(timeout=timeout, connect_timeout=connect, read_timeout=value)
        if room < LEAST_ROOM_SECONDS:
            around = START_SECONDS + AROUND_A_REQUEST_SECONDS + LEAST_ROOM_SECONDS
            raise broken_rule(
                f"with ses_connect_timeout_seconds ({connect:g}) expected send_timeout_seconds to be "
                f"{ceil(value + connect + around)} at least, or less here: a run must have time to begin, to "
                f"wait for its turn and to hear SES's answer; got {timeout} and {value:g}"
            )
        return value

    @field_validator("evidence_seconds")
    @classmethod
    def _no_answer_comes_any_more(cls, value: int, info: ValidationInfo) -> int:
        connect = info.data.get("ses_connect_timeout_seconds")
        read = info.data.get("ses_read_timeout_seconds")
        if connect is not None and read is not None and value <= connect + read:
            raise broken_rule(
                f"expected more than ses_connect_timeout_seconds and ses_read_timeout_seconds together "
                f"({connect + read:g}), for so long SES's answer may still come, got {value}"
            )
        return value

    @field_validator(
        "feedback_batching_window_seconds",
        "events_batching_window_seconds",
        "journeys_batching_window_seconds",
    )
    @classmethod
    def _large_batches_need_a_window(cls, value: int, info: ValidationInfo) -> int:
        most_without_window = 10
        size = str(info.field_name).replace("batching_window_seconds", "batch_size")
        if value == 0 and info.data.get(size, 0) > most_without_window:
            raise broken_rule(f"expected at least 1, for {size} is over 10 (Lambda's rule), got 0")
        return value

    def visibility_seconds(self, timeout_seconds: int, window_seconds: int) -> int:
        """Visibility timeout of the queue of a function with that timeout and batching window."""
        return VISIBILITY_PER_TIMEOUT * timeout_seconds + window_seconds

    @property
    def feedback_visibility_seconds(self) -> int:
        """Visibility timeout of the feedback queue."""
        return self.visibility_seconds(self.feedback_timeout_seconds, self.feedback_batching_window_seconds)

    @property
    def events_visibility_seconds(self) -> int:
        """Visibility timeout of the queue of objects of events."""
        return self.visibility_seconds(self.feedback_timeout_seconds, self.events_batching_window_seconds)

    @property
    def journeys_visibility_seconds(self) -> int:
        """Visibility timeout of the queue of journeys."""
        return self.visibility_seconds(self.journeys_timeout_seconds, self.journeys_batching_window_seconds)

    @property
    def send_room_seconds(self) -> float:
        """How long messages may wait in a run of send for their turn."""
        return room_seconds(
            timeout=self.send_timeout_seconds,
            connect_timeout=self.ses_connect_timeout_seconds,
            read_timeout=self.ses_read_timeout_seconds,
        )

    def send_visibility_seconds(self, batching_window_seconds: int) -> int:
        """Visibility timeout of a stream's queue, given that stream's batching window."""
        return self.visibility_seconds(self.send_timeout_seconds, batching_window_seconds)
