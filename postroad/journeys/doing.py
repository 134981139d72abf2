"""What walks decided, carried out: messages onto their streams' queues, attributes, notices on the bus."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from postroad.contacts.checks import check_attributes
from postroad.contacts.model import NewContact, Saved
from postroad.journeys.composing import compose, notice
from postroad.journeys.effects import Attributes, Mail, Notice
from postroad.journeys.errors import NotDoneError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from postroad.contacts.ports import ContactStore
    from postroad.journeys.enrolment import Enrolment
    from postroad.journeys.plan import Plan

SOURCE = "journey"
"""Where a contact's attributes come from that a journey set: `journey:<name>`."""


class Outlet(Protocol):
    """Where bodies go. Raises NotDoneError where they can't for now."""

    def put(self, bodies: Sequence[str]) -> Sequence[str]:
        """Put these there, each at least once; return why those that never will be taken weren't."""


class Deeds:
    """`Doing`: of an outbox the attributes first, then mails, then notices, each kind in its order."""

    def __init__(
        self,
        *,
        queues: Mapping[str, Outlet],
        contacts: ContactStore,
        bus: Outlet,
        on_refused: Callable[[Enrolment, str], object],
    ) -> None:
        """Use the queue of each stream, these contacts and this bus.

        `on_refused` is told of what can never be done, and why: the walk goes on without it.
        """
        self._queues = queues
        self._contacts = contacts
        self._bus = bus
        self._on_refused = on_refused

    def do(self, walk: Enrolment, plan: Plan, *, now: datetime) -> None:
        """Do all that stands in the outbox of a walk; see `Doing.do`. Raises NotDoneError.

        Attributes first: what comes back of a mail must find them.
        """
        for effect in walk.outbox:
            if isinstance(effect, Attributes):
                self._set(walk, effect, now)
        mails = [compose(walk, plan, effect) for effect in walk.outbox if isinstance(effect, Mail)]
        if mails:
            self._put(walk, self._queue(plan), mails)
        notices = [notice(walk, effect) for effect in walk.outbox if isinstance(effect, Notice)]
        if notices:
            self._put(walk, self._bus, notices)

    def _queue(self, plan: Plan) -> Outlet:
        queue = self._queues.get(plan.stream)
        if queue is None:
            raise NotDoneError(f"the stream {plan.stream} isn't deployed; add it to the stage's file")
        return queue

    def _put(self, walk: Enrolment, outlet: Outlet, bodies: Sequence[str]) -> None:
        for why in outlet.put(bodies):
            self._on_refused(walk, why)

    def _set(self, walk: Enrolment, effect: Attributes, now: datetime) -> None:
        """Set attributes of a contact that is still one: nothing here brings anybody back."""
        standing = self._contacts.find([walk.address_key]).get(walk.address_key)
        if standing is None or not standing.email:
            return
        attributes = check_attributes(effect.values)
        source = f"{SOURCE}:{walk.journey}"
        wanted = NewContact(walk.address_key, standing.email, source, attributes=attributes)
        (saved,) = self._contacts.save([wanted], now=now)
        if saved is Saved.REFUSED:
            self._on_refused(walk, "the contact would have more attributes than can be kept")
