"""Listening to what a page in a browser has to complain about."""

from dataclasses import dataclass, field

from playwright.sync_api import ConsoleMessage, Page, Request


@dataclass
class Troubles:
    """What a page complains about, and what it asks of others than us."""

    here: str
    found: list[str] = field(default_factory=list)
    refusals: set[int] = field(default_factory=set)
    """The statuses with which this test has the API refuse something."""

    def watch(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.found.append(f"error: {error}"))
        page.on("request", self._request)
        page.on("requestfailed", self._failed)

    def _console(self, message: ConsoleMessage) -> None:
        if any(f"status of {status}" in message.text for status in self.refusals):
            return  # the browser's own line about each
        if message.type in {"error", "warning"}:  # violations of the CSP are errors
            where = message.location["url"]
            self.found.append(f"{message.type}: {message.text} {where}")

    def _failed(self, asked: Request) -> None:
        if asked.failure != "net::ERR_ABORTED":  # the test went to another page meanwhile
            self.found.append(f"failed: {asked.url}: {asked.failure}")

    def _request(self, asked: Request) -> None:
        if not asked.url.startswith((self.here, "data:", "blob:")):
            self.found.append(f"asks elsewhere: {asked.url}")
