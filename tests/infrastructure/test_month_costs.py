"""What the tutorial's bill supposes of a stage stands in its templates."""

from bench.cost_prices import prices
from tests.infrastructure.templates import Stacks


def test_what_stands_still_is_counted_as_it_is_deployed(staging: Stacks) -> None:
    assert [stream.kind.value for stream in staging.configuration.streams.values()] == ["transactional"]
    watched = sum(
        sum("MetricStat" in query for query in alarm.get("Metrics", [])) or 1
        for alarm in staging.properties("AWS::CloudWatch::Alarm")
    )
    secrets = staging.properties("AWS::SecretsManager::Secret")
    polled = staging.properties("AWS::Lambda::EventSourceMapping")
    standing = prices().standing
    assert (watched, len(secrets), len(staging.properties("AWS::CloudWatch::Dashboard"))) == (
        standing["alarm_metrics"],
        standing["secrets"],
        standing["dashboards"],
    )
    queues = [each for each in polled if "StartingPosition" not in each]
    assert len(queues) == standing["queues"]
