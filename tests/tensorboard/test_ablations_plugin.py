"""The routes behind the Ablations tab: they only read, take no path, and answer in one line what they refuse."""

import base64
import io
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from PIL import Image
from plain_records import record
from werkzeug.test import Client, TestResponse
from werkzeug.wrappers import Response

from harness.records.record import RECORD_FILE, trial_folder
from harness.tensorboard.plugin.ablations_plugin import AblationsPlugin
from harness.tensorboard.summaries import image_summary
from harness.tensorboard.trial_writer import TrialWriter

sys.path.insert(0, str(Path(__file__).parents[1] / "report"))
from shown_studies import small_study, store

pytestmark = pytest.mark.quick


class Tab:
    """The tab over a log folder, asked without a server."""

    def __init__(self, logdir: Path | None) -> None:
        self.plugin = AblationsPlugin(SimpleNamespace(logdir=None if logdir is None else str(logdir)))
        self.apps = self.plugin.get_plugin_apps()

    def get(self, route: str, *, method: str = "GET", headers: dict[str, str] | None = None, **values: object) -> TestResponse:
        client = Client(self.apps[f"/{route}"], Response)
        return client.open(f"/{route}", method=method, query_string=values, headers=headers or {})


@pytest.fixture
def tab(tmp_path):
    small_study(tmp_path)
    return Tab(tmp_path)


def test_every_route_answers_with_what_it_is(tab):
    listed = json.loads(tab.get("studies").text)["studies"]
    assert [(study["name"], study["trials"], study["running"]) for study in listed] == [("s", 20, False)]
    assert "no-flatten" in tab.get("study", study="s").text
    assert "<svg" in tab.get("selection", study="s", variants=["base", "small"]).text
    assert "What it changes" in tab.get("variant", study="s", variant="small").text
    assert "<svg" in tab.get("overview", study="s").text
    assert json.loads(tab.get("filter", study="s", filter="delta < 0").text) == {"variants": ["small", "hot"]}
    assert "expected" in json.loads(tab.get("filter", study="s", filter="delta <").text)["error"]
    assert json.loads(tab.get("record", study="s", variant="hot", seed=1).text)["status"] == "diverged"
    assert tab.get("export", study="s", what="table", format="csv").text.startswith("study,")
    for name in ("index.js", "table.js", "pictures.js", "theme.js", "style.css"):
        assert tab.get(name).status_code == 200
    assert tab.plugin.is_active()


def write_curve(logdir: Path, variant: str, seed: int) -> None:
    with TrialWriter(trial_folder(logdir, "s", variant, seed)) as board:
        board.epoch(1, train={}, test={"accuracy": 0.5}, learning_rate=None, seconds=None)


def test_links_tick_just_the_runs_of_the_chosen_variants(tab, tmp_path):
    assert "#scalars" not in tab.get("selection", study="s", variants=["small"]).text  # nothing is there to be seen
    write_curve(tmp_path, "small", 0)
    text = tab.get("selection", study="s", variants=["small"]).text
    assert "regexInput=%5E(s/small/seed-0/test%7Cs/small/seed-1/test" in text.replace("\\-", "-").replace("%5C", "")
    alone = Tab(tmp_path / "s").get("selection", study="s", variants=["small"]).text
    assert "s/small" not in alone and "small/seed" in alone.replace("\\-", "-").replace("%5C", "")
    many = [record(f"v{number}", seed, position=number) for number in range(10) for seed in range(5)]
    store(tmp_path, *many)
    write_curve(tmp_path, "v3", 0)
    links = tab.get("selection", study="s", variants=[f"v{number}" for number in range(10)]).text
    scalars = links.split("#scalars")[1].split('"')[0]
    assert scalars.count("/test") == 10


def test_a_variant_has_the_figures_of_its_first_trial(tab, tmp_path):
    assert "Figures of" not in tab.get("variant", study="s", variant="small").text
    first, last = (png(level) for level in (10, 200))
    with TrialWriter(trial_folder(tmp_path, "s", "small", 0)) as board:
        board.text("data", "digits")
        board.add(image_summary("confusion-matrix", first), step=1)
        board.add(image_summary("confusion-matrix", last), step=2)
    text = tab.get("variant", study="s", variant="small").text
    assert (
        "confusion matrix" in text and base64.b64encode(last).decode() in text and base64.b64encode(first).decode() not in text
    )


def png(level: int) -> bytes:
    body = io.BytesIO()
    Image.new("L", (4, 4), level).save(body, "PNG")
    return body.getvalue()


def test_values_are_those_of_the_epoch_that_is_asked_for(tab, tmp_path):
    history = {"test_accuracy": [0.5, 0.97, 0.95]}
    store(tmp_path, *(record("base", seed, 0.95, study="t", history=history) for seed in range(2)))
    last, best = (tab.get("study", study="t", epoch=epoch).text for epoch in ("last", "best"))
    assert "0.9500" in last and "0.9700" not in last and "0.9700" in best and "an optimistic choice" in best
    refused = tab.get("study", study="t", epoch="validation")
    assert refused.status_code == 400 and "validation" in refused.text


@pytest.mark.parametrize(
    ("route", "values", "said"),
    [
        ("study", {"study": "../../etc"}, "no study"),
        ("study", {}, "no study"),
        ("study", {"study": "/etc"}, "no study"),
        ("selection", {"study": "s", "variants": "../base"}, "no variant"),
        ("variant", {"study": "s", "variant": "<script>"}, "no variant"),
        ("record", {"study": "s", "variant": "base", "seed": "../0"}, "no trial"),
        ("overview", {"study": "s", "down": "nothing"}, "nothing"),
        ("export", {"study": "s", "what": "table", "format": "exe"}, "Format"),
        ("selection", {"study": "s", "variants": "base", "mark": "x"}, "expected one of"),
        ("study", {"study": "s", "epoch": "first"}, "Epoch 'first'"),
        ("filter", {"study": "s", "filter": "x" * 5000}, "too long"),
    ],
)
def test_what_is_not_there_is_refused_in_one_line_of_plain_text(tab, route, values, said):
    answer = tab.get(route, **values)
    assert answer.status_code == 400 and said in answer.text and "\n" not in answer.text
    assert answer.mimetype == "text/plain" and answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_only_reading_is_answered(tab, method):
    assert tab.get("studies", method=method).status_code == 405


def test_the_same_is_not_sent_twice(tab, tmp_path):
    first = tab.get("study", study="s")
    again = tab.get("study", headers={"If-None-Match": first.headers["ETag"]}, study="s")
    assert (again.status_code, again.data) == (304, b"")
    store(tmp_path, record("late", 0, position=9, settings={"hidden": [9]}, changes={"hidden": [9]}))
    assert tab.get("study", headers={"If-None-Match": first.headers["ETag"]}, study="s").status_code == 200


def test_a_folder_without_studies_or_none_at_all_has_no_tab(tmp_path):
    assert not Tab(tmp_path).plugin.is_active() and not Tab(None).plugin.is_active()
    assert json.loads(Tab(tmp_path).get("studies").text) == {"studies": [], "logdir": str(tmp_path)}
    assert json.loads(Tab(None).get("studies").text)["studies"] == []


def test_a_study_none_of_whose_records_can_be_read_says_so(tmp_path):
    folder = store(tmp_path, record("base", 0))
    path = trial_folder(folder.parent, "s", "base", 0) / RECORD_FILE
    path.write_text("{")
    answer = Tab(tmp_path).get("study", study="s")
    assert answer.status_code == 400 and "base/seed-0" in answer.text
