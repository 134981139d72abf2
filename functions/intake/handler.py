"""Events of contacts from the HTTP API: decode, call, encode."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from postroad.contract.event import InvalidEvent
from postroad.intake.errors import NotQueuedError
from postroad.intake.http import Response, accepted, body_of, forbidden, is_signed, refused, unavailable
from postroad.intake.wiring import clock, intake, logger
from postroad.observability import described


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], _context: LambdaContext) -> Response:
    if not is_signed(event):
        logger.warning("refused: not signed")
        return forbidden()
    try:
        event_id = intake().take(body_of(event), now=clock.now())
    except InvalidEvent as error:
        logger.info("refused", extra={"reason": error.reason.value, "field": error.field})
        return refused(error)
    except NotQueuedError as error:
        logger.error("not queued", extra=described(error))
        return unavailable()
    return accepted(event_id)
