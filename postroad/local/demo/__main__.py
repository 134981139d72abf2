"""Run the demo: `python -m postroad.local.demo --orders orders.jsonl --customers customers.jsonl`."""

import json
import time
from contextlib import closing
from pathlib import Path
from typing import Annotated

import boto3
import typer
from rich.console import Console

from postroad.client import Outbox
from postroad.contract.words import Status
from postroad.local.connection import connection
from postroad.local.demo.accounting import Account, Round
from postroad.local.demo.journeys import Customers, Walked
from postroad.local.demo.planning import STREAM, Plan, PlanError, again, make_plan
from postroad.local.demo.showing import counting, show_account, show_plan, show_walked
from postroad.local.demo.watching import Stack, output
from postroad.local.deploy import stack_outputs
from postroad.local.errors import LocalCloudError
from postroad.local.interrupts import stop_on_signals
from postroad.local.lifecycle import down, up
from postroad.local.shared_options import telling
from postroad.local.state import State

_FOLDER = Path("build/demo")
_RESULT = Path("build/demo.json")
_BAD_INPUT = 2
_CAME_BACK = {Status.BOUNCED, Status.COMPLAINED}


def main(
    *,
    orders: Annotated[Path | None, typer.Option(help="Orders, JSON Lines; by default the samples.")] = None,
    customers: Annotated[Path | None, typer.Option(help="Their customers, JSON Lines.")] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the stack and its inbox running.")] = False,
    folder: Annotated[Path, typer.Option(help="The stack's state and logs.")] = _FOLDER,
    result: Annotated[Path, typer.Option(help="Where the counts are written.")] = _RESULT,
) -> None:
    """Deploy Postroad to this machine, confirm real orders by mail, and account for every one."""
    console = Console()
    try:
        plan = make_plan(orders, customers)
    except PlanError as error:
        Console(stderr=True).print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(_BAD_INPUT) from error
    show_plan(console, plan)
    try:
        with stop_on_signals():
            try:
                account, state = _run(console, plan, folder)
                walked = _journeys(console, plan, state)
            finally:
                if not keep:
                    down(folder)
    except LocalCloudError as error:
        Console(stderr=True).print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(1) from error
    result.parent.mkdir(parents=True, exist_ok=True)
    result.write_text(
        json.dumps(account.content() | {"journeys": walked.content()}, indent=2) + "\n", encoding="utf-8"
    )
    show_walked(console, walked)
    show_account(console, account, state=state, kept=keep, result=result)
    if account.problems() or walked.problems:
        raise typer.Exit(1)


def _run(console: Console, plan: Plan, folder: Path) -> tuple[Account, State]:
    down(folder)  # an earlier demo's, kept or killed: the counts are to be this one's alone
    with telling(console) as tell:
        state = up(folder, tell=tell).state
    console.print(f"Deployed with `cdk deploy` in {state.seconds['deploy']:.0f} s. Inbox: {state.inbox}")
    outputs = stack_outputs(state)
    stack = Stack(state, outputs)
    outbox = Outbox(
        output(outputs, "TransactionalQueueUrl"), STREAM, boto3.client("sqs", **connection(state))
    )
    began = time.monotonic()
    receipts = outbox.enqueue_many(plan.messages)
    enqueued = time.monotonic()
    with counting(console, "Sending") as progress:
        first_ids = [receipt.message_id for receipt in receipts]
        first = Round(first_ids, stack.settle(first_ids, progress))
    drained = time.monotonic()
    suppressed = stack.suppressions()
    with counting(console, "Sending again to those that bounced or complained") as progress:
        came_back = {each for each, row in first.rows.items() if row.status in _CAME_BACK}
        to_again = [again(message) for message in plan.messages if message["message_id"] in came_back]
        again_ids = [receipt.message_id for receipt in outbox.enqueue_many(to_again)]
        second = Round(again_ids, stack.settle(again_ids, progress))
    counts = stack.inbox.counts()
    account = Account(
        first=first,
        again=second,
        suppressed=suppressed,
        accepted=counts.by_message_id,
        recipients=stack.recipients(),
        own_addresses=plan.own_addresses,
        seconds={
            "deploy": state.seconds["deploy"],
            "enqueue": round(enqueued - began, 1),
            "drain": round(drained - enqueued, 1),
        },
    )
    stack.inbox.close()
    return account, state


def _journeys(console: Console, plan: Plan, state: State) -> Walked:
    """Let customers walk through journeys, once all else has been counted: this moves the stack's time."""
    with (
        closing(Customers(state, stack_outputs(state), plan.shoppers)) as customers,
        telling(console) as tell,
    ):
        return customers.walk(tell)


if __name__ == "__main__":
    typer.run(main)
