"""TensorBoard's side of the Ablations tab: routes that only read, and take no path from a request.

What they show comes from `harness.report`; what they are asked for is held against what is there.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Any

from tensorboard.plugins import base_plugin
from werkzeug import Request, Response

from harness.study import TEST

NAME = "ablations"
FILES = {"index.js": "text/javascript", "table.js": "text/javascript", "pictures.js": "text/javascript"}
FILES |= {"theme.js": "text/javascript", "style.css": "text/css"}
MOST_ASKED = 4000  # characters of a request's query
FORMATS = ("csv", "markdown", "latex")

Answer = Callable[[Request], str]


class AblationsPlugin(base_plugin.TBPlugin):
    """The tab; of a TensorBoard without a plain log folder it shows nothing."""

    plugin_name = NAME

    def __init__(self, context: base_plugin.TBContext) -> None:
        self._logdir = Path(context.logdir) if context.logdir else None
        self._kept: Any = None
        self._warmed = False

    def get_plugin_apps(self) -> Mapping[str, Callable[..., Any]]:
        """Return what answers each address below /data/plugin/ablations."""
        routes: dict[str, tuple[Answer, str]] = {
            "/studies": (self._studies, "application/json"),
            "/study": (self._study, "text/html"),
            "/selection": (self._selection, "text/html"),
            "/variant": (self._variant, "text/html"),
            "/overview": (self._overview, "text/html"),
            "/filter": (self._filter, "application/json"),
            "/record": (self._record, "text/plain"),
            "/export": (self._export, "text/plain"),
        }
        apps = {route: partial(_answer, answer, kind) for route, (answer, kind) in routes.items()}
        return apps | {f"/{name}": partial(_answer, partial(_file, name), kind) for name, kind in FILES.items()}

    def is_active(self) -> bool:
        """Say whether there is a study to show; TensorBoard hides the tab where there is none.

        It asks when its page opens: by the time that the tab's page is there, the first study is read.
        """
        names = list(self._read().folders()) if self._logdir else []
        if names and not self._warmed:
            self._warmed = True
            Thread(target=self._warm, args=(names[0],), daemon=True).start()
        return bool(names)

    def _warm(self, name: str) -> None:
        from harness.errors import UsageError

        with suppress(UsageError, OSError):  # which is told to who asks for it
            self._read().read(name)

    def frontend_metadata(self) -> base_plugin.FrontendMetadata:
        """Return the tab's name and where its script is."""
        return base_plugin.FrontendMetadata(es_module_path="/index.js", tab_name="Ablations", disable_reload=True)

    def _read(self) -> Any:
        """Return the studies; the packages that read them are loaded when the first one asks."""
        if self._kept is None:
            from harness.report import Studies

            self._kept = Studies(self._logdir or Path())
        return self._kept

    def _studies(self, _: Request) -> str:
        from harness.records import find_records, shown, writer_of
        from harness.report import stamp_of

        found = []
        for name, folder in (self._read().folders() if self._logdir else {}).items():
            trials = sum(1 for _ in find_records(folder))
            running = bool(writer_of(folder))
            found.append({"name": name, "stamp": stamp_of(folder), "trials": trials, "running": running})
        return json.dumps({"studies": found, "logdir": shown(self._logdir) if self._logdir else "a log folder"})

    def _study(self, request: Request) -> str:
        from harness.report import study_html

        return study_html(self._asked(request))

    def _selection(self, request: Request) -> str:
        from harness.report import selection_html
        from harness.tensorboard.plugin.run_links import run_links

        study, values = self._asked(request), request.args
        variants = [name for name in values.getlist("variants") if name]
        for name in variants:
            study.row(name)
        alone = study.folder == self._logdir

        links = partial(run_links, alone=alone, sole=len(self._read().folders()) == 1)
        return selection_html(study, variants, curve=values.get("curve", ""), mark=values.get("mark") or "last", links=links)

    def _variant(self, request: Request) -> str:
        from harness.records import attempt_folder, trial_folder
        from harness.report import variant_html
        from harness.tensorboard.plugin.trial_figures import trial_figures

        study, variant = self._asked(request), request.args.get("variant", "")
        study.row(variant)
        first = study.records[variant][0]
        trial = trial_folder(study.folder.parent, study.folder.name, variant, first.seed)
        return variant_html(study, variant, figures=trial_figures(attempt_folder(trial, first.attempt) / TEST))

    def _overview(self, request: Request) -> str:
        from harness.report import overview_html

        chosen = {name: request.args.get(name, "") for name in ("cost", "data", "down", "across")}
        return overview_html(self._asked(request), **chosen)

    def _filter(self, request: Request) -> str:
        from harness.errors import UsageError
        from harness.results import parse_filter

        table = self._asked(request).table
        try:
            rows = parse_filter(request.args.get("filter", ""), table.columns).rows(table)
        except UsageError as error:
            return json.dumps({"error": str(error)})
        return json.dumps({"variants": rows["variant"].tolist()})

    def _record(self, request: Request) -> str:
        from harness.errors import UsageError
        from harness.records import encode

        study, variant, seed = self._asked(request), request.args.get("variant", ""), request.args.get("seed", "")
        study.row(variant)
        for record in study.records[variant]:
            if str(record.seed) == seed:
                return json.dumps(encode(asdict(record)), indent=1, ensure_ascii=False)
        raise UsageError(f"Variant {variant!r} has no trial of seed {seed[:20]!r}.")

    def _export(self, request: Request) -> str:
        from harness.errors import unknown
        from harness.report import exported

        values = request.args
        if values.get("format", "") not in FORMATS:
            raise unknown("Format", values.get("format", "")[:40], FORMATS)
        study = self._asked(request)
        down, across = values.get("down", ""), values.get("across", "")
        return exported(study, values.get("what", ""), values["format"], down=down, across=across)

    def _asked(self, request: Request) -> Any:
        return self._read().read(request.args.get("study", ""), epoch=request.args.get("epoch") or "last")


def _file(name: str, _: Request) -> str:
    from harness.report import static_text

    return static_text(name)


@Request.application
def _refused(_: Request) -> Response:
    return Response("This only answers GET.", 405, {"Allow": "GET, HEAD"}, "text/plain")


def _answer(answer: Answer, kind: str, environ: Any, start: Any) -> Any:
    """Answer a request: with a tag by which the browser need not be sent the same again; 400 in one line for a wrong one."""
    from harness.errors import UsageError, one_line

    request = Request(environ)
    if request.method not in ("GET", "HEAD"):
        return _refused(environ, start)
    if len(request.query_string) > MOST_ASKED:
        return _plain("The request is too long.", 400)(environ, start)
    try:
        content = answer(request).encode("utf-8", "replace")
    except (UsageError, OSError) as error:
        return _plain(one_line(error), 400)(environ, start)
    except Exception as error:  # whatever records may hold that nobody has thought of
        return _plain(f"This cannot be shown ({type(error).__name__}: {one_line(error)[:200]}).", 500)(environ, start)
    response = Response(content, 200, content_type=f"{kind}; charset=utf-8")
    response.set_etag(hashlib.sha256(content).hexdigest()[:32])
    response.headers["Cache-Control"] = "no-cache"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    return response.make_conditional(request)(environ, start)


def _plain(text: str, status: int) -> Response:
    return Response(text, status, {"X-Content-Type-Options": "nosniff"}, "text/plain")
