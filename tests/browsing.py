"""A page in a real browser: headless Chromium of this machine, driven by Playwright; what its console says is kept."""

import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
NO_ANIMATION = "*, *::before, *::after { transition: none !important; animation: none !important; }"


@contextmanager
def chromium() -> Iterator[Any]:
    """A running browser; the test is skipped, loudly, where there is none."""
    missing = "Chromium" if CHROMIUM is None else "Playwright" if find_spec("playwright") is None else ""
    if missing:
        warnings.warn(f"NO {missing.upper()} HERE: no page was opened in a browser.", stacklevel=1)
        pytest.skip(f"no {missing}: ./scripts/test installs it on Debian")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--enable-unsafe-swiftshader"])
        yield browser
        browser.close()


class Visit:
    """A page, and whatever went wrong on it."""

    def __init__(self, browser: Any, **options: Any) -> None:
        self.context = browser.new_context(bypass_csp=False, viewport={"width": 1400, "height": 1000}, **options)
        self.page = self.context.new_page()
        self.errors: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))

    def _heard(self, message: Any) -> None:
        icon = message.location["url"].endswith("/favicon.ico")  # a browser asks for one of any page
        if message.type == "error" and not icon:
            self.errors.append(f"{message.text} {message.location['url']}")

    def serious(self) -> list[str]:
        """What axe-core finds serious or critical on the page, a line each."""
        import axe_core_python

        source = Path(axe_core_python.__file__).with_name("axe.min.js").read_text(encoding="utf-8")
        found = self.page.evaluate(f"async () => {{ {source}; return (await axe.run(document)).violations }}")
        return [
            f"{one['id']}: {one['nodes'][0]['html'][:160]} {one['nodes'][0]['failureSummary'][:200]}"
            for one in found
            if one["impact"] in ("serious", "critical")
        ]


@contextmanager
def visit(browser: Any, **options: Any) -> Iterator[Visit]:
    """A new page of a browser."""
    visited = Visit(browser, **options)
    try:
        yield visited
    finally:
        visited.context.close()
