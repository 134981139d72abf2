"""The functions, each put together over the stores so that every call passes a gate."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger

from postroad.circuit.breaking import StreamBreaker
from postroad.circuit.switching import Switching
from postroad.dispatching.each_minute import EachMinute
from postroad.evidence.canary import CanaryAnswer, CanaryOutcome
from postroad.evidence.following import Following
from postroad.evidence.tending import Evidence
from postroad.feedback.applying import Applying
from postroad.feedback.intake import Feedback
from postroad.feedback.objects import EventObjectIntake
from postroad.governor.allowance import Allowance
from postroad.governor.reading import Stage
from postroad.governor.state import Lane
from postroad.observability import Counts, Metric
from postroad.outcomes.memory import MemoryBus
from postroad.outcomes.publishing import Outcomes
from postroad.outcomes.transition import RowChange
from postroad.schedule.auditing import Audit
from postroad.schedule.handing_out import HandingOut
from postroad.schedule.sweeping import Sweeping
from postroad.sending.assembly import Parts, send_batch
from postroad.sending.batch import SendBatch
from postroad.sending.canary import Canary
from postroad.sending.limits import limits_of
from postroad.sending.memory import MemoryRate
from tests.matrix.gates import DiedError, Gate, Watched
from tests.matrix.ses_stand_in import SesRequests
from tests.matrix.stores import EVENTS, CopiesOnQueue, NoticesOnQueue, WatchedLedger
from tests.sending_world import SECRET, SETTINGS, EchoRenderer, World

if TYPE_CHECKING:
    from tests.matrix.whole import Whole

STREAM = SETTINGS.stream
LOGGER = Logger(service="matrix", level="CRITICAL")


@dataclass
class Ports:
    """The ports of one function, each behind its gate."""

    whole: "Whole"
    gate: Gate

    def __call__(self, port: str, inner: object) -> Any:  # noqa: ANN401  stands for any port
        return Watched(port, inner, self.gate)

    @property
    def ledger(self) -> Any:  # noqa: ANN401  stands for a MemoryLedger
        return WatchedLedger("ledger", self.whole.stores.ledger, self.gate)


def make_sender(whole: "Whole", gate: Gate, counts: Counts) -> SendBatch:
    """Return a process of `send`."""
    stores, ports = whole.stores, Ports(whole, gate)
    return send_batch(
        Parts(
            settings=whole.send_settings(),
            renderer=whole.renderer or EchoRenderer(),
            attachments=ports("attachments", stores.attachments),
            address_key=World.key,
            ledger=ports.ledger,
            bodies=ports("bodies", stores.bodies),
            pointers=ports("schedule", stores.schedule),
            watermarks=ports("watermarks", stores.watermarks),
            breaker=StreamBreaker(ports("switches", stores.switches), STREAM, wake=whole.wakes.append),
            rate=whole.rate,
            suppressions=ports("suppressions", stores.suppressions),
            mailer=SesRequests(whole.ses, gate),
            dead_letters=ports("letters", whole.letters),
            postponement=ports("queue", whole.queue),
            counts=counts,
            clock=whole.clock,
            new_owner=whole.new_owner,
            on_error=lambda error: whole.tell(f"send met {type(error).__name__}: {error}"),
            tallies=ports("tallies", stores.tallies),
            walks=ports("walks", stores.walks),
            contacts=ports("contacts", stores.contacts),
            hours=stores.hours,
        )
    )


@dataclass
class CanaryOfSend:
    """Has the stream's `send` mail a canary: an invocation of its own."""

    whole: "Whole"

    def send(self, stream: str) -> CanaryAnswer:
        whole = self.whole
        settings = whole.send_settings()
        assert stream == settings.stream
        canary = Canary(
            mailer=SesRequests(whole.ses, whole.gate_of("canary")),
            rate=MemoryRate(),
            clock=whole.clock,
            limits=limits_of(settings),
            sender=settings.from_address,
            configuration_set=settings.configuration_set,
        )
        try:
            answer = canary.send(deadline=whole.deadline())
        except DiedError:
            answer = CanaryAnswer(CanaryOutcome.UNKNOWN)
        whole.tell(f"canary {answer.outcome} {answer.why}")
        return answer


def count_duplicates(changes: Sequence[RowChange]) -> int:
    """Return what `outcomes` counts over the table's stream."""
    counts = Counts(SETTINGS.stage)
    outcomes = Outcomes(bus=MemoryBus(), publishes={}, counts=counts, logger=LOGGER)
    assert outcomes.publish(changes) is None
    return counts.of(Metric.DUPLICATES, STREAM)


def make_following(whole: "Whole", ports: Ports) -> Following:
    return Following(
        objects=ports("objects", whole.bucket),
        applied=ports("applied", whole.stores.applied),
        watermarks=ports("watermarks", whole.stores.watermarks),
    )


def make_feedback(whole: "Whole", gate: Gate, counts: Counts) -> Feedback:
    """Return a process of `feedback`."""
    stores, ports = whole.stores, Ports(whole, gate)
    applying = Applying(
        ledger=ports.ledger,
        suppressions=ports("suppressions", stores.suppressions),
        address_secret=SECRET,
        counts=counts,
        logger=LOGGER,
    )
    return Feedback(
        applying=applying,
        objects=EventObjectIntake(
            stage=SETTINGS.stage,
            objects=ports("objects", whole.bucket),
            applied=ports("applied", stores.applied),
            applying=applying,
            counts=counts,
            logger=LOGGER,
        ),
        following=make_following(whole, ports),
        bucket=EVENTS,
        clock=whole.clock,
        counts=counts,
        logger=LOGGER,
    )


def make_dispatch(whole: "Whole", gate: Gate, counts: Counts) -> EachMinute:
    """Return a process of `dispatch`."""
    stores, ports = whole.stores, Ports(whole, gate)
    canaries = ports("canaries", CanaryOfSend(whole))
    schedule, queue = ports("schedule", stores.schedule), ports("queue", CopiesOnQueue(whole.queue))
    allowance = Allowance(
        account=ports("account", stores.account),
        slots=ports("governor", stores.slots),
        clock=whole.clock,
        stage=Stage(share=1, rate=0, reserve=0),
        lanes={STREAM: Lane.TRANSACTIONAL},
    )
    handing_out = HandingOut(
        schedule=schedule,
        bodies=ports("bodies", stores.bodies),
        ledger=ports.ledger,
        queue=queue,
        on_error=lambda error: whole.tell(f"dispatch met {type(error).__name__}: {error}"),
    )
    return EachMinute(
        streams=[STREAM],
        switching=Switching(
            switches=ports("switches", stores.switches),
            mappings=ports("mappings", stores.mappings),
            canaries=canaries,
            room=allowance,
            bus=ports("bus", stores.bus),
            counts=counts,
            logger=LOGGER,
        ),
        evidence=Evidence(
            following=make_following(whole, ports),
            watermarks=ports("watermarks", stores.watermarks),
            patience=ports("patience", stores.patience),
            canaries=canaries,
            notices=ports("notices", NoticesOnQueue(whole.notices)),
            canary_every=whole.canary_every,
            counts=counts,
            logger=LOGGER,
        ),
        sweeping=Sweeping(
            schedule=schedule, queues={STREAM: queue}, handing_out={STREAM: handing_out}, threads=1
        ),
        audit=Audit(schedule=schedule),
        allowance=allowance,
        counts=counts,
        logger=LOGGER,
    )
