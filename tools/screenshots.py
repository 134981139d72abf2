"""Write docs/images/*.png from the local stack: `make up`, then `python -m tools.screenshots`.

Sends a morning's sample mail first, lets one bounce, and sends to its address again. A second run
finds the same messages there and sends none. The pictures are best of a stack that was just started.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import boto3

from postroad.client import Outbox
from postroad.ledger.dynamodb import DynamoLedger
from postroad.local.connection import connection
from postroad.local.defaults import DEFAULT_FOLDER
from postroad.local.deploy import stack_outputs
from postroad.local.inbox import Inbox
from postroad.local.state import State
from postroad.suppression.dynamodb import DynamoSuppressions
from tools import sample_mails
from tools.browser import NO_BROWSER, browser, find_browser
from tools.sample_invoice import invoice_pdf

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

TARGET = Path(__file__).resolve().parents[1] / "docs" / "images"
LARGEST = 250_000  # bytes; a clone carries every version of a picture
PATIENCE_SECONDS = 120.0
DESK = (1280, 800)
PHONE = (390, 780)


def main(arguments: list[str] | None = None) -> int:
    """Return 1, with a line that says why, where there is no stack, no browser, or too large a file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument(
        "--folder", type=Path, default=DEFAULT_FOLDER, help="the running stack's state folder"
    )
    state = State.load(parser.parse_args(arguments).folder)
    executable = find_browser()
    if state is None or not state.ready or not state.alive():
        print("No local stack runs: start it with make up, then run this again.", file=sys.stderr)
        return 1
    if executable is None:
        print(NO_BROWSER, file=sys.stderr)
        return 1
    shop = Shop(state)
    try:
        shop.send_the_morning()
        TARGET.mkdir(parents=True, exist_ok=True)
        with browser(executable) as chromium:
            written = list(take(chromium, state.inbox, shop))
    finally:
        shop.close()
    too_large = [path for path in written if path.stat().st_size > LARGEST]
    for path in written:
        print(f"{path} ({path.stat().st_size // 1000} kB)")
    if too_large:
        print(f"Over {LARGEST // 1000} kB: make their window smaller in {__file__}", file=sys.stderr)
    return 1 if too_large else 0


class Shop:
    """Sends what an application would send, and waits for what becomes of it."""

    def __init__(self, state: State) -> None:
        outputs = stack_outputs(state)
        self._sqs = boto3.client("sqs", **connection(state))
        self._s3 = boto3.client("s3", **connection(state))
        self._bucket = outputs["AttachmentsBucket"]
        self._dynamodb = boto3.client("dynamodb", **connection(state))
        self._ledger = DynamoLedger(self._dynamodb, outputs["MessagesTable"])
        self._suppressions = DynamoSuppressions(self._dynamodb, outputs["SuppressionsTable"])
        self._outboxes = {
            stream: Outbox(outputs[f"{stream.capitalize()}QueueUrl"], stream, self._sqs)
            for stream in ("transactional", "marketing")
        }
        self._inbox = Inbox(state.inbox)
        self.bounced = sample_mails.example_for("order_confirmation", sample_mails.BOUNCING)
        self.suppressed = [
            sample_mails.example_for(template, sample_mails.BOUNCING)
            for template in sample_mails.AFTER_THE_BOUNCE
        ]

    def close(self) -> None:
        self._sqs.close()
        self._s3.close()
        self._dynamodb.close()
        self._inbox.close()

    def send_the_morning(self) -> None:
        """Send everything, and let one mail bounce before what follows it to the same address."""
        print("Sending sample mails")
        self._send([*sample_mails.confirmations(), self.bounced])
        bounced = self.mail_of(self.bounced)
        if bounced["status"] != "bounced":
            self._inbox.report(str(bounced["id"]), "bounce")
        _wait(lambda: self.mail_of(self.bounced)["status"] == "bounced", "the bounce")
        _wait(lambda: not self._inbox.counts().waiting, "the bounce to be told")
        _wait(self._is_suppressed, "the suppression")
        for message in self.suppressed:
            self._outboxes[str(message["stream"])].enqueue(message)
        for message in sample_mails.written():
            self._send([message | self._attached(message)])

    def mail_of(self, message: Mapping[str, object]) -> dict[str, object]:
        """Return the summary of the mail that a message became."""
        return next(self._inbox.mails(message_id=str(message["message_id"])))

    def _attached(self, message: Mapping[str, object]) -> dict[str, object]:
        data = message["data"]
        if message["template"] != "invoice" or not isinstance(data, dict):
            return {}
        name = f"{data['invoice_number']}.pdf"
        key = f"attachments/{message['stream']}/{name}"
        self._s3.put_object(Bucket=self._bucket, Key=key, Body=invoice_pdf(data))
        file = {"filename": name, "content_type": "application/pdf", "s3": f"{self._bucket}/{key}"}
        return {"attachments": [file]}

    def _is_suppressed(self) -> bool:
        row = self._ledger.get(str(self.bounced["message_id"]))
        return row is not None and bool(self._suppressions.find([row.address_key]))

    def _send(self, messages: Iterable[Mapping[str, object]]) -> None:
        wanted = {str(message["message_id"]): message for message in messages}
        for message in wanted.values():
            self._outboxes[str(message["stream"])].enqueue(message)
        _wait(lambda: wanted.keys() <= self._inbox.counts().by_message_id.keys(), "the mails in the inbox")


def take(chromium: "Browser", inbox: str, shop: Shop) -> Iterable[Path]:
    """Take each picture, and yield where it is."""
    context = chromium.new_context(locale="en-GB", timezone_id="UTC", reduced_motion="reduce")
    page = context.new_page()
    try:
        page.goto(f"{inbox}/")
        page.get_by_text("Filters", exact=True).click()
        yield _picture(page, "inbox", DESK)
        mail = f"{inbox}/mails/{shop.mail_of(sample_mails.written()[-1])['id']}"
        page.goto(mail)
        yield _picture(page, "mail", DESK)
        page.goto(f"{mail}?part=events")
        yield _picture(page, "record", DESK)
        page.goto(f"{inbox}/messages/{shop.suppressed[0]['message_id']}")
        yield _picture(page, "not-sent", DESK)
        page.goto(mail)
        yield _picture(page, "phone", PHONE)
    finally:
        context.close()


def _picture(page: "Page", name: str, window: tuple[int, int]) -> Path:
    page.set_viewport_size({"width": window[0], "height": window[1]})
    page.wait_for_load_state("load")
    path = TARGET / f"{name}.png"
    page.screenshot(path=path)
    return path


def _wait(look: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not look():
        if time.monotonic() > end:
            raise SystemExit(f"Waited {PATIENCE_SECONDS:.0f} s for {what}: see the log of make up")
        time.sleep(0.3)


if __name__ == "__main__":
    sys.exit(main())
