"""The form behind /subscribe: what it says, or what is wrong with it. Pure.

email       one address
topic       each topic that is wanted ("topics" in JSON is the same)
name        optional
locale      optional, a BCP 47 tag: the language to write in
shown       the locale of our own page that was read; a form of others leaves it out
wording     optional: the version of the words that a form of others showed
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from postroad.contract.address import Address, AddressError, parse_address
from postroad.contract.locale import LOCALE_PATTERN

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from postroad.web.requests import Form

MOST_OF_A_NAME = 80
MOST_TOPICS = 20
"""Of one sign-up: their names must fit into a link."""
_LONGEST_ADDRESS = 320
_SINGLE = ("email", "name", "locale", "shown", "wording")
_WORDING = re.compile(r"[A-Za-z0-9._-]{0,80}", re.ASCII)
_LOCALE = re.compile(LOCALE_PATTERN)
# A name is shown to its bearer in mails: whoever types one for somebody else is to have no use of it.
_NO_NAME = re.compile(r"[<>\[\]{}()|\\/@:;=*_`~^\"#$%&+!?0-9]|\.\w|www")


@dataclass(frozen=True, slots=True)
class SignUpForm:
    """What somebody typed, whoever they are."""

    address: Address
    topics: tuple[str, ...]
    name: str
    locale: str
    shown: str
    wording: str
    json: bool


def read_sign_up(form: Form | None, *, topics: Collection[str]) -> SignUpForm | frozenset[str]:
    """Return what a form says, or the marks of what is wrong with it; `topics` are those there are."""
    if form is None or any(len(form.all(name)) > 1 for name in _SINGLE):
        return frozenset({"error:form"})
    wanted = tuple(dict.fromkeys((*form.all("topic"), *form.all("topics"))))
    name, locale = form.one("name").strip(), form.one("locale").strip()
    address = _address(form.one("email").strip())
    if wrong := frozenset(_wrong(form, wanted, name, locale, topics)):
        return wrong if address else wrong | {"error:email"}
    if address is None:
        return frozenset({"error:email"})
    return SignUpForm(address, wanted, name, locale, form.one("shown"), form.one("wording"), form.json)


def _wrong(
    form: Form, wanted: Collection[str], name: str, locale: str, topics: Collection[str]
) -> Iterator[str]:
    if not wanted or len(wanted) > MOST_TOPICS or not set(wanted) <= set(topics):
        yield "error:topics"
    if len(name) > MOST_OF_A_NAME or not name.isprintable() or _NO_NAME.search(name.lower()):
        yield "error:name"
    if (locale and not _LOCALE.match(locale)) or not _WORDING.fullmatch(form.one("wording")):
        yield "error:form"


def _address(text: str) -> Address | None:
    if len(text) > _LONGEST_ADDRESS:
        return None
    try:
        return parse_address(text)
    except AddressError:
        return None
