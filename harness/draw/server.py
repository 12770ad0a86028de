"""The page's server: on this machine alone, every request checked, one model asked at a time."""

import json
import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from flask import Flask, Response, abort, render_template, request
from werkzeug.exceptions import HTTPException

from harness.draw.drawings import EXAMPLES, SIDE, as_image, centred, offset
from harness.draw.saved_models import Ensemble, disagreements
from harness.draw.words import WORDS
from harness.errors import UsageError, one_line

MOST_BYTES = 32_768  # of a request: 784 numbers take 4,000
MOST_A_SECOND = 100  # requests, over all who ask
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
_POLICY = "default-src 'self'; img-src 'self' data:; style-src 'self'; object-src 'none'; frame-ancestors 'none'"


class Rate:
    """Whether a request comes within so many a second; a full second's are there at once."""

    def __init__(self, most: float) -> None:
        self._most, self._left, self._at = most, most, time.monotonic()
        self._lock = threading.Lock()

    def allows(self) -> bool:
        """Count one request."""
        with self._lock:
            now = time.monotonic()
            self._left = min(self._most, self._left + (now - self._at) * self._most)
            self._at = now
            if self._left < 1:
                return False
            self._left -= 1
            return True


def make_app(ensembles: Sequence[Ensemble], *, language: str, port: int, most_a_second: float = MOST_A_SECOND) -> Flask:
    """Return the page over these models; port: the one it is served on, which Host and Origin must name."""
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = MOST_BYTES
    rate, hosts = Rate(most_a_second), {f"{name}:{port}" for name in LOOPBACK}
    curves: dict[str, dict[int, float] | None] = {}
    sought: dict[str, list[int]] = {}

    @app.before_request
    def check() -> None:
        if request.host not in hosts:
            abort(403, f"Host {request.host[:80]!r} is not this machine.")
        origin = request.headers.get("Origin")
        if origin is not None and origin not in {f"http://{host}" for host in hosts}:
            abort(403, f"Origin {origin[:80]!r} is not this page.")
        if not rate.allows():
            abort(429, "Too many requests; try again in a second.")

    @app.after_request
    def headers(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = _POLICY
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Cache-Control"] = "no-store"
        return response

    @app.errorhandler(HTTPException)
    def refused(error: HTTPException) -> Response:
        status = 400 if error.code in (405, 413, 415) else error.code
        return Response(" ".join(str(error.description).split()), status, mimetype="text/plain")

    @app.errorhandler(UsageError)
    def wrong(error: UsageError) -> Response:
        return Response(one_line(error), 400, mimetype="text/plain")

    @app.errorhandler(Exception)
    def failed(error: Exception) -> Response:
        return Response(f"This cannot be answered ({type(error).__name__}).", 500, mimetype="text/plain")

    @app.get("/")
    def page() -> str:
        return render_template("draw.html", words=WORDS[language], language=language, side=SIDE)

    @app.get("/state")
    def state() -> Response:
        models = [{"name": one.name, "data": one.data, "seeds": len(one.seeds), "classes": _classes(one)} for one in ensembles]
        clothes = [one.name for one in ensembles if "fashion" in one.data]
        return _json({"models": models, "examples": EXAMPLES, "words": WORDS[language], "clothes": clothes})

    @app.get("/curves")
    def shifts() -> Response:
        for one in ensembles:
            if one.name not in curves:
                curves[one.name] = one.by_shift()
        return _json({name: None if curve is None else list(curve.items()) for name, curve in curves.items()})

    @app.post("/answer")
    def answer() -> Response:
        image, asked = _drawn()
        seen = centred(image) if asked.get("centre") is True else image
        where, began = offset(seen), time.perf_counter()
        answers = {one.name: one.probabilities(seen[None])[:, 0].round(5).tolist() for one in ensembles}
        told = {"answers": answers, "seen": seen.ravel().tolist(), "offset": where}
        return _json(told | {"milliseconds": round(1000 * (time.perf_counter() - began), 1)})

    @app.post("/saliency")
    def saliency() -> Response:
        image, asked = _drawn()
        seen = centred(image) if asked.get("centre") is True else image
        return _json({one.name: one.saliency(seen).round(3).ravel().tolist() for one in ensembles})

    @app.get("/sample/<kind>/<int:number>")
    def sample(kind: str, number: int) -> Response:
        one, place = _sample(kind, number, ensembles, sought)
        if one.samples is None or place >= len(one.samples.images):
            raise UsageError("No test images are kept with these models.")
        pixels, label = one.samples.images[place], int(one.samples.labels[place])
        return _json({"pixels": pixels.ravel().tolist(), "class": one.samples.name_of(label), "number": place})

    return app


def _drawn() -> tuple[np.ndarray, Mapping[str, Any]]:
    try:
        asked = request.get_json(silent=True)
    except (RecursionError, ValueError):  # nested beyond measure, numbers beyond all digits
        asked = None
    if not isinstance(asked, dict):
        raise UsageError("Expected a JSON object with the pixels of an image.")
    return as_image(asked.get("pixels")), asked


def _sample(kind: str, number: int, ensembles: Sequence[Ensemble], sought: dict[str, list[int]]) -> tuple[Ensemble, int]:
    """Return whose test image is asked for, and which: the n-th that the first two models disagree on, or any."""
    if kind == "test":
        return ensembles[0], number % max(len(ensembles[0].samples.images) if ensembles[0].samples else 1, 1)
    if kind != "disagreement" or len(ensembles) < 2:
        raise UsageError("Expected a disagreement of two models, or a test image.")
    if kind not in sought:
        sought[kind] = disagreements(ensembles[0], ensembles[1])
    if not sought[kind]:
        raise UsageError("These models agree on every test image that was looked at.")
    return ensembles[0], sought[kind][number % len(sought[kind])]


def _classes(one: Ensemble) -> list[str]:
    count = one.probabilities(np.zeros((1, SIDE, SIDE), np.uint8)).shape[2]
    return [one.class_names[number] if number < len(one.class_names) else str(number) for number in range(count)]


def _json(content: Mapping[str, Any]) -> Response:
    return Response(json.dumps(content, allow_nan=False), mimetype="application/json")


def serve(
    ensembles: Sequence[Ensemble], *, port: int | None, language: str, ready: Callable[[str], None] = lambda url: None
) -> None:
    """Serve the page on loopback until Ctrl-C; ready: told of its address. UsageError if the port is taken."""
    from werkzeug.serving import make_server

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    first = make_app(ensembles, language=language, port=port or 0)
    try:
        server = make_server("127.0.0.1", port or 0, first, threaded=True)
    except (OSError, SystemExit):
        raise UsageError(f"Port {port} is taken; expected a free one, or none for any.") from None
    if not port:  # Host and Origin name the one that the system chose
        server.app = make_app(ensembles, language=language, port=server.port)
    ready(f"http://localhost:{server.port}/")
    with server:
        server.serve_forever()
