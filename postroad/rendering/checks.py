"""What each mail must have, beside being rendered: looked at in its example, at every build."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from postroad.rendering.compiled import CLIPPED_BYTES
from postroad.rendering.page import Image, Link, Page, read
from postroad.rendering.ports import Rendered

LONGEST_SUBJECT = 78
"""What a line of a header should have at most (RFC 5322, section 2.1.1); inboxes cut far earlier."""
LONG_SUBJECT = 60
LONG_PREHEADER = 130
LARGE_BYTES = 80 * 1024
"""Real data may be longer than the example: above this there is little left to Gmail's clip."""
MOST_TRACKED_LINKS = 250
"""SES counts clicks on no more links of a mail (docs.aws.amazon.com/ses/latest/dg/faqs-metrics.html)."""


def problems_of(mail: Rendered) -> list[str]:
    """Say what of a rendered example must not be sent; the data is example data, so it may be quoted."""
    return [*_of_subject(mail), *(_of_html(mail, read(mail.html)) if mail.html is not None else ())]


def warnings_of(mail: Rendered) -> list[str]:
    """Say what may become a problem with longer data, or looks bad in an inbox."""
    warnings = []
    if LONG_SUBJECT < len(mail.subject) <= LONGEST_SUBJECT:
        warnings.append(f"the subject has {len(mail.subject)} characters: a phone shows about {LONG_SUBJECT}")
    if mail.html is not None:
        page = read(mail.html)
        size = len(mail.html.encode())
        if LARGE_BYTES < size <= CLIPPED_BYTES:
            warnings.append(f"the HTML part has {_kilobytes(size)}: Gmail hides what is beyond 102 KB")
        if len(page.preheader) > LONG_PREHEADER:
            warnings.append(
                f"the preheader has {len(page.preheader)} characters: inboxes show {LONG_PREHEADER} at most"
            )
        tracked = sum(link.tracked for link in page.links)
        if tracked > MOST_TRACKED_LINKS:
            warnings.append(f"there are {tracked} tracked links: SES tracks {MOST_TRACKED_LINKS} at most")
    return warnings


def _of_subject(mail: Rendered) -> Iterator[str]:
    if not mail.subject:
        yield "the subject is empty"
    if len(mail.subject) > LONGEST_SUBJECT:
        yield f"the subject has {len(mail.subject)} characters, {LONGEST_SUBJECT} at most: {mail.subject}"
    if not mail.text.strip():
        yield "the text part is empty"


def _of_html(mail: Rendered, page: Page) -> Iterator[str]:
    size = len((mail.html or "").encode())
    if size > CLIPPED_BYTES:
        yield f"the HTML part has {_kilobytes(size)}: Gmail hides what is beyond 102 KB"
    if not page.preheader:
        yield "there is no preheader: fill the layout's block of that name"
    elif page.preheader == mail.subject:
        yield "the preheader repeats the subject: say what else the mail holds"
    for link in page.links:
        yield from _of_link(link)
    for image in page.images:
        yield from _of_image(image)


def _of_link(link: Link) -> Iterator[str]:
    if not _leads_somewhere(link.href):
        yield f"a link leads to {link.href!r}: expected https://..., mailto:... or tel:..."
    if not link.label.strip():
        yield f"the link to {link.href} has no words: nobody who listens to the mail knows what it is for"


def _leads_somewhere(href: str) -> bool:
    try:
        parts = urlsplit(href)
        host = parts.hostname or ""
    except ValueError:
        return False
    if parts.scheme == "https":
        return "." in host.strip(".")
    return (parts.scheme == "mailto" and "@" in parts.path) or (parts.scheme == "tel" and bool(parts.path))


def _of_image(image: Image) -> Iterator[str]:
    if not image.src.startswith("https://"):
        yield f"an image is {image.src!r}: expected https://..."
    if image.alt is None:
        yield f"the image {image.src} has no alt: say what it shows"
    elif bool(image.alt.strip()) == image.decorative:
        yield f"the image {image.src} has alt={image.alt!r}: only one with role=presentation has an empty one"
    for side, value in (("width", image.width), ("height", image.height)):
        if value is None or not value.isdecimal() or int(value) == 0:
            yield f"the image {image.src} has {side}={value!r}: give the pixels, so that its place is kept"


def _kilobytes(size: int) -> str:
    return f"{size / 1024:.0f} KB"
