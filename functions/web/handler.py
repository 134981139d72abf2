"""Requests for the pages behind the links in mails, from the HTTP API: decode, call, encode."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from postroad.web.http import REFUSED, Response, read_request
from postroad.web.wiring import clock, logger, website
from postroad.web.wiring_entrance import entrance


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], _context: LambdaContext) -> Response:
    admitted = entrance().admit(event, now=clock.now())
    if admitted is None:
        logger.info("refused: not from the distribution")
        return REFUSED
    request = read_request(admitted)
    answer, response = website().answer(request, now=clock.now())
    logger.info(
        "request",
        extra={
            "route": request.route and request.route.name.lower(),
            "method": request.method,
            "page": answer.kind.value,
            "status": response["statusCode"],
        },
    )
    return response
