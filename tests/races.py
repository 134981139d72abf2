"""Races that hold over the fakes, and over a DynamoDB that judges conditions one write at a time."""

import threading
from dataclasses import replace

from postroad.ledger.ports import Ledger
from postroad.ledger.row import Row

RACERS = 8


def hold_that_one_racing_insert_wins(ledger: Ledger, row: Row) -> None:
    results: list[Row | None] = []
    start = threading.Barrier(RACERS)

    def race(owner: str) -> None:
        start.wait()
        results.append(ledger.insert(replace(row, owner=owner)))

    threads = [threading.Thread(target=race, args=(f"o-{index}",)) for index in range(RACERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    standing = ledger.get(row.message_id)
    assert standing is not None
    assert len(results) == RACERS
    assert results.count(None) == 1
    assert {found.owner for found in results if found} == {standing.owner}
