"""A mail's HTML as it looks in light or dark mode, whatever the browser prefers. Pure.

Browsers differ in which scheme a frame prefers, so the served copy no longer asks: its media queries for
`prefers-color-scheme` become ones that always hold, or never. What is sent stays as it is.
"""

import re
from base64 import b64encode
from enum import StrEnum
from urllib.parse import unquote

from postroad.local.simulator.mail import Mail

# Repetitions are bounded, so that no mail keeps the inbox busy: each place is looked at for a moment alone.
_SPACE = r"(?:\s|/\*[^*]{0,200}\*/){0,40}+"
_QUERY = re.compile(
    rf"\({_SPACE}prefers-color-scheme{_SPACE}(?::{_SPACE}(light|dark|no-preference){_SPACE})?\)",
    re.IGNORECASE,
)
_STYLE = re.compile(r"(<style\b[^>]{0,2000}>)(.*?)(</style\s{0,20}>|\Z)", re.IGNORECASE | re.DOTALL)
_MEDIA = re.compile(
    r"(<[a-z][^<>]{0,4000}?\smedia\s{0,20}=\s{0,20})(\"[^\"]{0,2000}\"|'[^']{0,2000}')", re.IGNORECASE
)
_ALWAYS, _NEVER = "(min-width:0px)", "(max-width:0px)"
_SUPPORTS_DARK = re.compile(
    r"prefers-color-scheme\s{0,20}:\s{0,20}dark|color-scheme[\"'\s:=]{1,20}+(?:content\s{0,20}=\s{0,20}[\"'])?[^;\"'>}]{0,200}\bdark\b",
    re.IGNORECASE,
)
_CID = re.compile(r"(\bsrc\s{0,20}=\s{0,20}[\"']?)cid:([^\"'\s>]{1,500})", re.IGNORECASE)
_REMOTE = re.compile(r"<img\b[^<>]{0,2000}?\ssrc\s{0,20}=\s{0,20}[\"']?https?:", re.IGNORECASE)
_LINK = re.compile(r"<link(?=[\s/>])", re.IGNORECASE)
LARGEST_INLINE = 4 * 1024 * 1024
MOST_INLINE = 16 * 1024 * 1024
"""Bytes of all pictures in one copy: a mail may show one picture a thousand times."""
_PICTURES = frozenset(["image/png", "image/jpeg", "image/gif", "image/webp"])


class Scheme(StrEnum):
    LIGHT = "light"
    DARK = "dark"


def supports_dark(html: str) -> bool:
    """Whether the mail says anything of a dark mode; clients show others as they are, or invert them."""
    return _SUPPORTS_DARK.search(html) is not None


def has_remote_pictures(html: str) -> bool:
    return _REMOTE.search(html) is not None


def in_scheme(html: str, scheme: Scheme) -> str:
    """Return the copy to show: media queries settled, and the colours of form and canvas with them."""

    def settled(found: re.Match[str]) -> str:
        asked = (found.group(1) or scheme).lower()
        return _ALWAYS if asked == scheme else _NEVER

    def of_style(found: re.Match[str]) -> str:
        return found.group(1) + _QUERY.sub(settled, found.group(2)) + found.group(3)

    def of_media(found: re.Match[str]) -> str:
        return found.group(1) + _QUERY.sub(settled, found.group(2))

    rewritten = _MEDIA.sub(of_media, _STYLE.sub(of_style, html))
    shown = scheme if supports_dark(html) else Scheme.LIGHT
    # At the end: there it wins over equals, and stands before no doctype, which must come first.
    return f"{rewritten}<style>:root{{color-scheme:{shown} !important}}</style>"


def without_hints(html: str) -> str:
    """Make nothing of <link>: a policy keeps its files away, but not the connection that a hint asks for.

    An element of no meaning takes its place that is as empty, and stands in a head as well.
    """
    return _LINK.sub("<meta", html)


def with_pictures(html: str, mail: Mail) -> str:
    """Put the pictures that the mail carries into the copy, where its HTML names them (`cid:`, RFC 2392)."""
    carried = {
        (each.content_id or "").strip("<>"): each
        for each in mail.attachments
        if each.content_id and each.content_type.partition(";")[0].strip().lower() in _PICTURES
    }

    left = MOST_INLINE

    def picture(found: re.Match[str]) -> str:
        nonlocal left
        attachment = carried.get(unquote(found.group(2)))
        if attachment is None or len(attachment.raw_content) > min(LARGEST_INLINE, left):
            return found.group(0)
        left -= len(attachment.raw_content)
        kind = attachment.content_type.partition(";")[0].strip().lower()
        return f"{found.group(1)}data:{kind};base64,{b64encode(attachment.raw_content).decode()}"

    return _CID.sub(picture, html) if carried else html
