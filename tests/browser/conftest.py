"""Chromium for the tests of this folder; nothing that it opens leaves this machine."""

import re
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

from postroad.rendering.compiled import CompiledRenderer
from tests.browser.mails import MailViewer, Scheme
from tests.local_stack import LocalStack
from tools.browser import NO_BROWSER, browser, find_browser
from tools.shown_mails import compile_mails, give_pictures

LEFT_BEHIND = Path(__file__).resolve().parents[2] / "build" / "browser"
COMPLAINTS = ("error", "warning")
LOOPBACK = ("127.0.0.1", "localhost")
ELSEWHERE = re.compile(r"^(?!(?:https?://(?:127\.0\.0\.1|localhost)[:/]|about:|data:|blob:))")
_failed = pytest.StashKey[bool]()


class NewContext(Protocol):
    def __call__(
        self,
        *,
        width: int = 1280,
        height: int = 900,
        scheme: Scheme = "light",
        scripts: bool = True,
    ) -> BrowserContext:
        """Make a context of its own cookies and cache; `scripts`: whether pages may run JavaScript."""
        ...


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.when == "call":
        item.stash[_failed] = report.failed
    return report


def pytest_collection_modifyitems() -> None:
    if find_browser() is None:
        raise pytest.UsageError(NO_BROWSER)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    executable = find_browser()
    assert executable is not None, NO_BROWSER
    with browser(executable) as started:
        yield started


@pytest.fixture
def new_context(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[NewContext]:
    """Make contexts that reach this machine alone; asking for anything else fails the test.

    A failing test leaves picture and text of each page that it had open under build/browser/.
    """
    contexts: list[BrowserContext] = []
    asked: list[str] = []

    def make(
        *, width: int = 1280, height: int = 900, scheme: Scheme = "light", scripts: bool = True
    ) -> BrowserContext:
        context = chromium.new_context(
            viewport={"width": width, "height": height},
            color_scheme=scheme,
            locale="en-GB",
            timezone_id="UTC",
            reduced_motion="reduce",
            java_script_enabled=scripts,
            # The pages behind the links in mails: the local stack's certificate is its own.
            ignore_https_errors=True,
        )
        context.set_default_timeout(15_000)
        context.on("request", lambda sent: asked.append(sent.url) if is_elsewhere(sent.url) else None)
        context.route(ELSEWHERE, lambda route: route.abort())
        contexts.append(context)
        return context

    yield make
    pages = [page for context in contexts for page in context.pages]
    if request.node.stash.get(_failed, False):
        for number, page in enumerate(pages, start=1):
            leave_behind(page, f"{request.node.name}-{number}")
    for context in contexts:
        context.close()
    assert asked == [], "the page asked for something that is not on this machine"


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> CompiledRenderer:
    return compile_mails(tmp_path_factory.mktemp("compiled") / "templates")


@pytest.fixture(scope="session")
def viewer(chromium: Browser, compiled: CompiledRenderer) -> Iterator[MailViewer]:
    context = chromium.new_context()
    context.route(ELSEWHERE, give_pictures)
    yield MailViewer(context.new_page(), compiled)
    context.close()


def is_elsewhere(url: str) -> bool:
    return urlsplit(url).scheme in ("http", "https", "ws", "wss") and urlsplit(url).hostname not in LOOPBACK


def leave_behind(page: Page, name: str) -> None:
    """Keep what the page showed, for whoever reads about the failure."""
    LEFT_BEHIND.mkdir(parents=True, exist_ok=True)
    path = LEFT_BEHIND / re.sub(r"[^A-Za-z0-9._@-]+", "-", name)
    page.screenshot(path=path.with_suffix(".png"), full_page=True)
    path.with_suffix(".txt").write_text(f"{page.url}\n\n{page.inner_text('body')}\n", "utf-8")


class OpenPage(Protocol):
    def __call__(
        self,
        path: str = "/",
        *,
        width: int = 1280,
        height: int = 900,
        scheme: Scheme = "light",
        scripts: bool = True,
    ) -> Page:
        """Open a page of the running stack's inbox."""
        ...


@pytest.fixture
def open_page(stack: LocalStack, new_context: NewContext) -> Iterator[OpenPage]:
    """Open pages of the inbox; whatever the browser complains of in its console fails the test."""
    complaints: list[str] = []

    def hear(said: ConsoleMessage, page: Page) -> None:
        # A page that says "not here" does so with status 404, and Chromium notes that.
        missing = said.text.startswith("Failed to load resource") and said.location["url"] == page.url
        if said.type in COMPLAINTS and not missing:
            complaints.append(f"{said.text} ({said.location['url']})")

    def make(
        path: str = "/",
        *,
        width: int = 1280,
        height: int = 900,
        scheme: Scheme = "light",
        scripts: bool = True,
    ) -> Page:
        page = new_context(width=width, height=height, scheme=scheme, scripts=scripts).new_page()
        page.on("console", lambda said: hear(said, page))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(stack.state.inbox + path)
        return page

    yield make
    assert complaints == [], "the browser complained in its console"
