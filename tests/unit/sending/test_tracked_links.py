"""The links by which a burst of clicks is measured are those that SES reports."""

from datetime import UTC, datetime
from time import perf_counter

import pytest

from postroad.contract.words import Status
from postroad.local.simulator.links import links_of
from postroad.local.simulator.mail import Mail
from postroad.sending.tracked_links import tracked_links
from tests.sending_world import World, make_message

PAGE = """
<p><a class="button" href="https://shop.example/orders/1042?a=1&amp;b=2">Your order</a>
<A HREF='https://shop.example/returns'>Returns</A> <a href="https://shop.example/returns">again</a>
<a ses:no-track href="https://shop.example/secret">untracked</a>
<a href="mailto:help@shop.example">write</a> <a href="#top">top</a> <a name="here">no link</a>
<abbr title="https://shop.example/none">x</abbr>
<a
  href="http://shop.example/plain"
>plain</a></p>
"""


@pytest.mark.parametrize(
    ("html", "links"),
    [(None, 0), ("", 0), ("<p>No link</p>", 0), ('<a href="https://shop.example">x</a>', 1), (PAGE, 3)],
)
def test_each_tracked_address_counts_once(html: str | None, links: int) -> None:
    assert tracked_links(html) == links


def test_the_simulator_tracks_the_same() -> None:
    mail = Mail(
        ses_message_id="ses-1",
        message_id="",
        at=datetime(2026, 11, 22, tzinfo=UTC),
        sender="orders@shop.example",
        source_arn="",
        to=("ana.ruiz@example.com",),
        cc=(),
        bcc=(),
        reply_to=(),
        subject="Your order",
        html=PAGE,
        text=None,
        headers=(),
        tags={},
        configuration_set="transactional",
        attachments=(),
        size=0,
        recipients=("ana.ruiz@example.com",),
        account="123456789012",
    )
    assert sum(link.tracked for link in links_of(mail)) == tracked_links(PAGE)


def test_what_somebody_wrote_to_take_long_does_not() -> None:
    began = perf_counter()
    for html in (
        "<a " * 100_000,
        f"<a href={' ' * 100_000}>",
        "<a " + " href" * 50_000 + ">",
        '<a href="https://' * 20_000,
    ):
        tracked_links(html)
    assert perf_counter() - began < 5


def test_a_row_holds_how_many_links_its_mail_has() -> None:
    world = World()
    content = {"subject": "Your order", "html": PAGE, "text": "-"}
    message = {**make_message("order-1042"), "content": content}
    for name in ("template", "data"):
        message.pop(name, None)
    world.send(message)
    (row,) = world.ledger.rows()
    assert (row.status, row.links) == (Status.SENT, 3)
