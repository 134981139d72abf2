"""Messages from a stream's queue, or the request for a canary: decode, call, encode."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from postroad.records import PartialFailures, decode_records, partial_failures
from postroad.sending.canary import CanaryAnswerJson, encode_answer
from postroad.sending.wiring import deadline, logger, sending


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialFailures | CanaryAnswerJson:
    use_cases = sending()
    until = deadline(context.get_remaining_time_in_millis())
    if event.get("canary"):
        answer = use_cases.canary.send(deadline=until)
        logger.info("canary", extra={"outcome": answer.outcome, "why": answer.why})
        return encode_answer(answer)
    report = use_cases.batch.send_batch(decode_records(event), deadline=until)
    use_cases.batch.counts.flush()
    left = context.get_remaining_time_in_millis()
    logger.info("batch", extra={"decisions": report.summary(), "milliseconds_left": left})
    return partial_failures(report.failures)
