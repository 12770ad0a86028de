"""Headless Chromium, spoken to through a pipe in its DevTools protocol: a page as it is drawn after real time has passed.

Its own --screenshot with virtual time leaves out what a page draws in workers, such as TensorBoard's curves.
"""

import base64
import json
import os
import select
import subprocess
import time
from pathlib import Path
from typing import Any

SIZE = (1600, 1000)
QUIET_SECONDS = 4.0  # with nothing on its way: the page has all it asked for
SILENT_SECONDS = 10.0  # with something on its way that never comes
MOST_SECONDS = 90.0
POLLED = "/ablations/studies"  # what the Ablations tab asks every few seconds for ever
_FLAGS = (
    *("--headless", "--no-sandbox", "--hide-scrollbars", "--no-first-run", "--remote-debugging-pipe"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--enable-unsafe-swiftshader"),
)


class Browser:
    """A running Chromium with one page; a context manager. TimeoutError where it does not answer."""

    def __init__(self, program: str, profile: Path) -> None:
        to_browser, self._write = os.pipe()
        self._read, from_browser = os.pipe()

        def connect() -> None:  # Chromium reads from descriptor 3 and writes to 4
            os.dup2(to_browser, 3)
            os.dup2(from_browser, 4)

        # The two are held open under numbers that connect does not overwrite.
        to_browser, from_browser = (os.dup2(end, end + 20, inheritable=True) for end in (to_browser, from_browser))
        command = [program, *_FLAGS, f"--user-data-dir={profile}", f"--window-size={SIZE[0]},{SIZE[1]}", "about:blank"]
        self._process = subprocess.Popen(
            command, preexec_fn=connect, close_fds=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self._rest, self._number, self._session = b"", 0, ""
        targets = self.call("Target.getTargets")["targetInfos"]
        page = next(one["targetId"] for one in targets if one["type"] == "page")
        self._session = self.call("Target.attachToTarget", targetId=page, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "DOM"):
            self.call(f"{domain}.enable")
        self.call("Emulation.setDeviceMetricsOverride", width=SIZE[0], height=SIZE[1], deviceScaleFactor=1, mobile=False)

    def __enter__(self) -> "Browser":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()

    def open(self, address: str, *, asking: str = "") -> None:
        """Open a page anew and wait until the network has been quiet for a while.

        asking: what the address of a request contains that the page makes once it is awake; until then it is not quiet.
        """
        self.call("Page.navigate", url="about:blank")  # else a change behind the # would load nothing
        self.call("Page.navigate", url=address)
        begun = heard = time.monotonic()
        waiting: set[str] = set()
        polls: set[str] = set()
        awake = not asking
        while time.monotonic() - begun < MOST_SECONDS:
            silence = time.monotonic() - heard
            if awake and silence > (SILENT_SECONDS if waiting else QUIET_SECONDS):
                break
            message = self._receive(0.2) or {}
            match message.get("method"):
                case "Network.requestWillBeSent" if message["params"]["request"]["url"].endswith(POLLED):
                    polls.add(message["params"]["requestId"])
                    continue
                case _ if message.get("params", {}).get("requestId") in polls:
                    continue
                case "Network.requestWillBeSent":
                    waiting.add(message["params"]["requestId"])
                    awake = awake or asking in message["params"]["request"]["url"]
                case "Network.loadingFinished" | "Network.loadingFailed":
                    waiting.discard(message["params"]["requestId"])
                case _:
                    continue
            heard = time.monotonic()

    def picture(self, address: str, *, asking: str = "") -> bytes:
        """Return a page, opened as `open` does, as a PNG's bytes."""
        self.open(address, asking=asking)
        return base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"])

    def count(self, selector: str) -> int:
        """Return how many elements a CSS selector finds on the page, those inside of others' shadows included."""
        self.call("DOM.getDocument", depth=-1, pierce=True)
        found = self.call("DOM.performSearch", query=selector, includeUserAgentShadowDOM=True)
        return int(found["resultCount"])

    def call(self, method: str, **options: Any) -> dict[str, Any]:
        """Return what the browser answers to a command; RuntimeError where it refuses it."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": options}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        end = time.monotonic() + MOST_SECONDS
        while time.monotonic() < end:
            answer = self._receive(1.0)
            if answer and answer.get("id") == self._number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return dict(answer["result"])
        raise TimeoutError(f"Chromium does not answer to {method}")

    def _receive(self, seconds: float) -> dict[str, Any] | None:
        end = time.monotonic() + seconds
        while b"\0" not in self._rest:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self._read], [], [], left)[0]:
                return None
            part = os.read(self._read, 1 << 20)
            if not part:
                raise RuntimeError("Chromium has ended")
            self._rest += part
        message, _, self._rest = self._rest.partition(b"\0")
        return dict(json.loads(message))
