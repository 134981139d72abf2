"""The use case `send`, put together from its ports: over AWS by `wiring`, over memory in tests. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from postroad.caps.counting import Counting
from postroad.caps.deciding import caps_of
from postroad.contract.words import Status
from postroad.sending.admission import Admission
from postroad.sending.batch import SendBatch
from postroad.sending.delivery import Delivery
from postroad.sending.entering import Entering
from postroad.sending.erased import Erased
from postroad.sending.fuse import Fuse
from postroad.sending.guarding import Guarding, Turns
from postroad.sending.limits import limits_of
from postroad.sending.marking import Marking
from postroad.sending.preparing import Preparation
from postroad.sending.refusals import Refusals
from postroad.sending.refusing import RefusalDesk
from postroad.sending.requesting import Requests
from postroad.sending.rows import Rows
from postroad.sending.standing_rows import StandingRows
from postroad.sending.sub_batches import SubBatches
from postroad.sending.threads import Threads
from postroad.sending.trouble import Trouble
from postroad.sending.undecided import Undecided
from postroad.sending.waiting import Waiting

if TYPE_CHECKING:
    from collections.abc import Callable

    from postroad.bodies.ports import Bodies
    from postroad.caps.ports import Tallies
    from postroad.circuit.ports import Breaker
    from postroad.clock import Clock
    from postroad.contacts.ports import ContactStore
    from postroad.evidence.ports import Watermarks
    from postroad.ledger.ports import Ledger
    from postroad.observability import Counts
    from postroad.rendering.ports import Renderer
    from postroad.schedule.ports import Pointers
    from postroad.sending.leaving_links import LeavingLinks
    from postroad.sending.ports import (
        Attachments,
        DeadLetters,
        Mailer,
        Postponement,
        Rate,
        SendingHours,
        StandingWalks,
    )
    from postroad.sending.settings import SendSettings
    from postroad.suppression.ports import SuppressionStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What `send` of one stream works with."""

    settings: SendSettings
    renderer: Renderer
    attachments: Attachments
    address_key: Callable[[str], str]
    ledger: Ledger
    bodies: Bodies
    pointers: Pointers
    watermarks: Watermarks
    breaker: Breaker
    rate: Rate
    suppressions: SuppressionStore
    mailer: Mailer
    dead_letters: DeadLetters
    postponement: Postponement
    counts: Counts
    clock: Clock
    new_owner: Callable[[], str]
    on_error: Callable[[BaseException], None]
    links: LeavingLinks | None = None
    topics: tuple[str, ...] = ()
    tallies: Tallies | None = None
    """Without them nothing is capped."""
    walks: StandingWalks | None = None
    contacts: ContactStore | None = None
    """Without these two no mail of a journey is looked at again."""
    hours: SendingHours | None = None
    """Without them, or without `contacts`, any hour is one of a journey's."""


def send_batch(parts: Parts) -> SendBatch:
    """Put the use case together; one for each process."""
    settings, clock = parts.settings, parts.clock
    limits = limits_of(settings)
    waiting = Waiting(bodies=parts.bodies, pointers=parts.pointers, limits=limits)
    standing_rows = StandingRows(ledger=parts.ledger, waiting=waiting)
    undecided = Undecided(standing_rows=standing_rows, waiting=waiting, limits=limits)
    rows = Rows(
        ledger=parts.ledger,
        watermarks=parts.watermarks,
        standing_rows=standing_rows,
        undecided=undecided,
        waiting=waiting,
        limits=limits,
    )
    fuse = Fuse(parts.breaker)
    threads = Threads(settings.threads)
    preparation = Preparation(
        settings=settings,
        renderer=parts.renderer,
        attachments=parts.attachments,
        address_key=parts.address_key,
        links=parts.links,
        topics=parts.topics,
    )
    erased = Erased(parts.suppressions, limits)
    refusals = Refusals(
        preparation=preparation,
        rows=rows,
        waiting=waiting,
        desk=RefusalDesk(
            ledger=parts.ledger,
            rows=rows,
            dead_letters=parts.dead_letters,
            erased=erased,
            stream=settings.stream,
            retention=limits.retention.after(Status.INVALID),
        ),
        clock=clock,
        stream=settings.stream,
    )
    trouble = Trouble(
        rows=rows,
        preparation=preparation,
        refuse=refusals.refuse,
        clock=clock,
        attempts_max=limits.attempts_max,
        on_error=parts.on_error,
    )
    requests = Requests(
        standing_rows=standing_rows,
        undecided=undecided,
        waiting=waiting,
        mailer=parts.mailer,
        fuse=fuse,
        clock=clock,
        limits=limits,
    )
    counting = counting_of(parts)
    delivery = Delivery(
        rows=rows,
        waiting=waiting,
        requests=requests,
        erased=erased,
        clock=clock,
        limits=limits,
        counting=counting,
    )
    turns = (
        Turns(hours=parts.hours, contacts=parts.contacts, stream=settings.stream)
        if parts.hours is not None and parts.contacts is not None
        else None
    )
    admission = Admission(
        guarding=Guarding(walks=parts.walks, contacts=parts.contacts, kind=limits.kind, turns=turns)
        if parts.walks is not None and parts.contacts is not None
        else None,
        counting=counting,
        delivery=delivery,
        waiting=waiting,
        refusals=refusals,
        trouble=trouble,
        threads=threads,
        clock=clock,
        limits=limits,
        on_error=parts.on_error,
        turns=turns,
    )
    return SendBatch(
        stream=settings.stream,
        preparation=preparation,
        waiting=waiting,
        admission=admission,
        delivery=delivery,
        sub_batches=SubBatches(
            rate=parts.rate,
            suppressions=parts.suppressions,
            entering=Entering(ledger=parts.ledger, rows=rows),
            admission=admission,
            delivery=delivery,
            marking=Marking(standing_rows=standing_rows, waiting=waiting, limits=limits),
            refusals=refusals,
            fuse=fuse,
            trouble=trouble,
            threads=threads,
            clock=clock,
            new_owner=parts.new_owner,
            limits=limits,
            on_error=parts.on_error,
        ),
        refusals=refusals,
        trouble=trouble,
        fuse=fuse,
        postponement=parts.postponement,
        counts=parts.counts,
        clock=clock,
        threads=threads,
        on_error=parts.on_error,
    )


def counting_of(parts: Parts) -> Counting | None:
    """Return what counts mails by the caps of the settings, or None where nothing is capped."""
    if parts.tallies is None or not parts.settings.caps:
        return None
    most: dict[str, dict[str, int]] = {}
    for name, count in parts.settings.caps.items():
        category, _, period = name.partition(".")
        most.setdefault(category, {})[period] = count
    return Counting(parts.tallies, {category: caps_of(each) for category, each in most.items()})
