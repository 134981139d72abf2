"""An address and what may stand of it, for tests of the table Suppressions."""

from datetime import UTC, datetime, timedelta

from postroad.contract.words import Reason
from postroad.suppression.model import ScopeEntry

TABLE = "suppressions"
NOON = datetime(2026, 11, 22, 12, 0, 0, 123456, tzinfo=UTC)
KEY = "k1.ana"
EMAIL = "ana.ruiz@example.com"
BOUNCE = ScopeEntry(Reason.HARD_BOUNCE, "feedback", NOON, None, "feedback 0102")
COMPLAINT = ScopeEntry(Reason.COMPLAINT, "feedback", NOON + timedelta(hours=1), None, "feedback 0103")
