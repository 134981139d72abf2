"""Asks the pages that the stack has deployed, and nobody else: nothing of the inbox leaves this machine."""

import ssl

import httpx

from postroad.local.simulator.asked import Answered

PAGES_PATH = "/_aws/execute-api/"
"""Where MiniStack answers for HTTP APIs."""
TIMEOUT_SECONDS = 30.0
URLENCODED = "application/x-www-form-urlencoded"
ELSEWHERE = "It leads away from this stack, so the inbox did not ask."


class StackPages:
    """`Asking` over HTTPS, of the emulated cloud's HTTP APIs alone."""

    def __init__(self, upstream: str, certificate: str) -> None:
        """Take the emulated cloud's address, such as https://localhost:4566, and its certificate (PEM)."""
        self._pages = f"{upstream}{PAGES_PATH}"
        self._certificate = certificate

    async def ask(self, method: str, url: str, *, form: str = "") -> Answered:
        """Ask a link of these pages; see `Asking.ask`."""
        if not url.startswith(self._pages) or ".." in url:
            return Answered(trouble=ELSEWHERE)
        # A client for each request: what a page sets or keeps alive is nothing that the next one knows.
        client = httpx.AsyncClient(
            verify=ssl.create_default_context(cafile=self._certificate),
            timeout=TIMEOUT_SECONDS,
            follow_redirects=False,
            trust_env=False,
        )
        headers = {"content-type": URLENCODED} if form else {}
        try:
            async with client:
                answer = await client.request(method, url, content=form.encode(), headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return Answered(trouble=f"No answer came ({type(error).__name__}).")
        return Answered(answer.status_code)
