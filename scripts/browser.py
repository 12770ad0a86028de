"""Headless Chromium, driven by Playwright: a page as it is drawn once all that it asked for is there."""

import time
from types import TracebackType
from typing import Any

from playwright.sync_api import sync_playwright

SIZE = (1600, 1000)
QUIET_SECONDS = 3.0  # with nothing asked: the page has all it wanted, and has drawn it
MOST_SECONDS = 90.0
POLLED = "/ablations/studies"  # what the Ablations tab asks every few seconds for ever
_LOOK_MS = 200


class Browser:
    """A running Chromium with one page; a context manager."""

    def __init__(self, program: str) -> None:
        self._playwright = sync_playwright().start()
        arguments = ["--no-sandbox", "--hide-scrollbars", "--enable-unsafe-swiftshader"]
        self._browser = self._playwright.chromium.launch(executable_path=program, args=arguments)
        self._page = self._browser.new_page(viewport={"width": SIZE[0], "height": SIZE[1]})
        self._heard = 0.0
        self._awake = False
        self._asking = ""
        for event in ("request", "requestfinished", "requestfailed"):
            self._page.on(event, self._hear)

    def __enter__(self) -> "Browser":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._browser.close()
        self._playwright.stop()

    def picture(self, address: str, *, asking: str = "") -> bytes:
        """Return a page, opened anew, as a PNG's bytes, once nothing was asked for a while.

        asking: what the address of a request contains that the page makes once it is awake; until then it is not quiet.
        """
        self._page.goto("about:blank")  # else a change behind the # would load nothing
        self._asking, self._awake, self._heard = asking, not asking, time.monotonic()
        self._page.goto(address, wait_until="commit")
        end = time.monotonic() + MOST_SECONDS
        while time.monotonic() < end and not (self._awake and time.monotonic() - self._heard > QUIET_SECONDS):
            self._page.wait_for_timeout(_LOOK_MS)
        return self._page.screenshot()

    def _hear(self, request: Any) -> None:
        if not request.url.endswith(POLLED):
            self._heard = time.monotonic()
            self._awake = self._awake or self._asking in request.url
