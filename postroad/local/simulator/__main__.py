"""Run the simulator: `python -m postroad.local.simulator --port 4579 --inbox-port 4580 --upstream https://…`.

Credentials come from the environment, as boto3 reads them. Once both ports are open, one line of JSON on
standard output says where.
"""

import argparse
import asyncio
import json
import logging
import ssl
import sys
import threading
import uuid
from datetime import UTC, datetime
from functools import partial
from typing import cast

import boto3
import httpx
from botocore.config import Config
from starlette.applications import Starlette

from postroad.clock import SystemClock
from postroad.local.simulator.account import Knobs
from postroad.local.simulator.api import Api
from postroad.local.simulator.background import Publisher
from postroad.local.simulator.core import Simulator
from postroad.local.simulator.deployed import EventPath
from postroad.local.simulator.firehose import FirehoseCarrier, FirehoseClient
from postroad.local.simulator.guard import OnlyThisMachine
from postroad.local.simulator.mailbag import Mailbag
from postroad.local.simulator.options import EventOrder, Options
from postroad.local.simulator.pages import Pages
from postroad.local.simulator.proxy import Proxy
from postroad.local.simulator.publishing import ByPath
from postroad.local.simulator.server import LOOPBACK, Listener, listen, port_of, serve
from postroad.local.simulator.ses import Discovery
from postroad.local.simulator.sns import SnsCarrier
from postroad.local.simulator.stack_pages import StackPages
from postroad.local.simulator.stacks import deployed_senders
from postroad.local.simulator.tables import DeployedRecords
from postroad.local.simulator.web.watched import WatchedRecords

UPSTREAM_TIMEOUT = 60.0  # seconds: a loaded MiniStack is slow, not gone
CONNECTIONS = 200
# The inbox would rather say that the tables do not answer than keep its reader waiting.
HASTY = Config(retries={"total_max_attempts": 1}, connect_timeout=2, read_timeout=4)


def arguments(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m postroad.local.simulator", description="SES on one machine, and its inbox."
    )
    parser.add_argument("--port", type=int, default=0, help="of the SES endpoint (HTTPS); 0 takes a free one")
    parser.add_argument("--inbox-port", type=int, default=0, help="of the inbox (HTTP); 0 takes a free one")
    parser.add_argument("--upstream", required=True, help="MiniStack, such as https://localhost:4566")
    parser.add_argument("--certificate", required=True, help="PEM for localhost; MiniStack's must match it")
    parser.add_argument("--key", required=True, help="PEM of the certificate's private key")
    parser.add_argument("--region", default="us-east-1")
    parser.add_argument("--keep", type=int, default=20_000, help="how many mails to keep")
    parser.add_argument("--keep-megabytes", type=int, default=256, help="how much mail to keep")
    parser.add_argument(
        "--event-order", type=EventOrder, choices=list(EventOrder), default=EventOrder.AFTER_ANSWER
    )
    parser.add_argument("--rate", type=float, default=Knobs().rate, help="recipients a second")
    parser.add_argument("--quota", type=float, default=Knobs().quota, help="recipients in 24 hours")
    parser.add_argument("--sandbox", action="store_true", help="mail verified recipients alone")
    return parser.parse_args(argv)


def new_ses_message_id() -> str:
    """Make an id that looks like SES's own: time, uuid, sequence."""
    milliseconds = int(datetime.now(UTC).timestamp() * 1000)
    return f"0100{milliseconds:012x}-{uuid.uuid4()}-000000"


def run(options: argparse.Namespace) -> None:
    clock = SystemClock()
    session = boto3.Session(region_name=options.region)
    config = Config(retries={"total_max_attempts": 2}, connect_timeout=5, read_timeout=30)
    endpoint = {"endpoint_url": options.upstream, "verify": options.certificate, "config": config}
    account = session.client("sts", **endpoint).get_caller_identity()["Account"]
    discovery = Discovery(
        session.client("sesv2", **endpoint),
        account=account,
        region=options.region,
        senders=partial(deployed_senders, session.client("cloudformation", **endpoint)),
    )
    firehose = cast("FirehoseClient", session.client("firehose", **endpoint))  # its stubs are not installed
    paths = {
        EventPath.FAST: Publisher(SnsCarrier(session.client("sns", **endpoint)), clock, name="fast-events"),
        EventPath.BULK: Publisher(FirehoseCarrier(firehose), clock, name="bulk-events"),
    }
    publisher = ByPath(paths)
    simulator = Simulator(
        discovery.deployed,
        knobs=Knobs(rate=options.rate, quota=options.quota, sandbox=options.sandbox),
        mailbag=Mailbag(most=options.keep, most_bytes=options.keep_megabytes * 1024 * 1024),
    )
    behaviour = Options(event_order=options.event_order)
    proxy = Proxy(
        simulator,
        upstream=httpx.AsyncClient(
            base_url=options.upstream,
            verify=ssl.create_default_context(cafile=options.certificate),
            timeout=UPSTREAM_TIMEOUT,
            limits=httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS),
            trust_env=False,
        ),
        discovery=discovery,
        publisher=publisher,
        clock=clock,
        new_ses_message_id=new_ses_message_id,
        options=behaviour,
    )
    deployed = DeployedRecords(
        session.client("dynamodb", **endpoint | {"config": HASTY}),
        session.client("cloudformation", **endpoint | {"config": HASTY}),
    )
    records = WatchedRecords(deployed)
    stopping = threading.Event()
    asking = StackPages(options.upstream, options.certificate)
    api = Api(simulator, publisher=publisher, clock=clock, options=behaviour, records=records, asking=asking)
    ses_socket, inbox_socket = listen(options.port), listen(options.inbox_port)
    pages = Pages(
        simulator,
        publisher=publisher,
        clock=clock,
        records=records,
        options=behaviour,
        asking=asking,
        stopping=stopping.is_set,
    )
    inbox = OnlyThisMachine(Starlette(routes=pages.routes() + api.routes()), port=port_of(inbox_socket))
    where = {
        "simulator": f"https://localhost:{port_of(ses_socket)}",
        "inbox": f"http://{LOOPBACK}:{port_of(inbox_socket)}",
    }
    sys.stdout.write(json.dumps(where) + "\n")
    sys.stdout.flush()
    for path in paths.values():
        path.start()
    try:
        asyncio.run(
            serve(
                [
                    Listener(proxy.app(), ses_socket, options.certificate, options.key),
                    Listener(inbox, inbox_socket),
                ],
                stopping=stopping,
            )
        )
    finally:
        records.close()
        for path in paths.values():
            path.stop()


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")
    run(arguments())
