"""What a file may not set by hand: batches that can't be sent before their run ends.

Only where the account's rate is set as well: otherwise it isn't known, and `postroad doctor limits` judges.
"""

from collections.abc import Iterator, Mapping

from postroad.configuration.problems import Problem
from postroad.configuration.sizing import LEAST_COPIES, Sizing, Wanted, fits, most_in_a_batch, sizes


def broken_sizes(
    streams: Mapping[str, Wanted], *, rate: float, transactional_share: float, room: float
) -> Iterator[Problem]:
    """Judge each stream of a stage with `rate` mails a second, whose runs leave `room` seconds to wait in.

    Says nothing of what no key could mend: a stream without a share of the rate, or with so little of it that
    Lambda's two copies of one message each wait too long.
    """
    made = sizes(streams, rate=rate, transactional_share=transactional_share, room=room)
    for name, wanted in streams.items():
        sizing = made[name]
        if sizing.share > 0 and not fits(sizing.wait_seconds, room):
            yield from _problems(name, wanted, sizing, room)


def _problems(name: str, wanted: Wanted, sizing: Sizing, room: float) -> Iterator[Problem]:
    copies, batch = sizing.maximum_concurrency, sizing.batch_size
    why = (
        f"{copies} copies × {batch} messages, at the stream's {sizing.share:.3g} mails a second while all "
        f"are busy, take {sizing.wait_seconds:,.1f} seconds, and a run has {room:.3g}"
    )
    most = most_in_a_batch(copies, sizing.share, room)
    if wanted.batch_size is not None and most < wanted.batch_size:
        yield Problem(("streams", name, "batch_size"), f"expected at most {most}, got {batch}: {why}")
    elif wanted.maximum_concurrency is not None and copies > LEAST_COPIES:
        yield Problem(("streams", name, "maximum_concurrency"), f"expected less, got {copies}: {why}")
