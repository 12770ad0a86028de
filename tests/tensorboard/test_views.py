"""The links of `board`: each of a tab that has something to show, with as many runs as TensorBoard ticks."""

import re
import urllib.parse
from pathlib import Path

import pytest
from plain_records import record
from tensorboard.plugins.scalar.summary_v2 import scalar_pb

from harness.records.record import write_record
from harness.tensorboard.event_file import EventFile
from harness.tensorboard.study_writer import StudyFindings, write_study
from harness.tensorboard.summaries import histogram_summary, image_summary, text_summary
from harness.tensorboard.views import MOST_TICKED, View, find_runs, views_of

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 16


def make_study(logdir: Path, name: str, *, variants: int = 2, seeds: int = 2) -> Path:
    names = ["base", *(f"v-{number}" for number in range(1, variants))]
    history = {"train_loss": [0.1], "test_accuracy": [0.5]}
    records = [record(one, seed, study=name, history=history) for one in names for seed in range(seeds)]
    for one in records:
        folder = logdir / name / one.variant / f"seed-{one.seed}"
        for run in ("train", "test"):
            with EventFile(folder / run) as file:
                file.add_summary(scalar_pb("epoch_loss", 0.1), step=1)
        write_record(folder, one)
    write_study(logdir / name, records, StudyFindings({}, "text"))
    return logdir / name


def views(logdir: Path) -> dict[str, View]:
    found = views_of(logdir, find_runs(logdir))
    return {f"{view.study}: {view.title}": view for view in found}


def add(folder: Path, *summaries: object) -> None:
    with EventFile(folder) as file:
        for summary in summaries:
            file.add_summary(summary)


def ticked(view: View, runs: list[str]) -> set[str]:
    """Return the runs that a link's own expression finds, as the browser would."""
    (wanted,) = re.findall(r"(?:runFilter|regexInput)=([^&#]*)", view.address)
    return {run for run in runs if re.search(urllib.parse.unquote(wanted), run)}


def test_the_first_link_of_each_study_is_its_tab_and_the_next_shows_its_variants(tmp_path):
    for name in ("one", "two"):
        make_study(tmp_path, name)
    found = views_of(tmp_path, find_runs(tmp_path))
    first = {view.study: view for view in reversed(found)}
    assert {study: view.address for study, view in first.items()} == {n: f"#ablations&study={n}" for n in ("one", "two")}
    second = {view.study: view for view in reversed(found) if view is not first[view.study]}
    assert {study: set(view.runs) for study, view in second.items()} == {
        name: {name, f"{name}/base", f"{name}/v-1"} for name in ("one", "two")
    }


@pytest.mark.parametrize(("variants", "seeds"), [(1, 1), (17, 5), (60, 2)])
@pytest.mark.parametrize("alone", [False, True])
def test_every_link_ticks_between_1_and_40_runs_which_are_there(tmp_path, variants, seeds, alone):
    study = make_study(tmp_path, "some.study", variants=variants, seeds=seeds)
    make_study(tmp_path, "some-study")
    place = study if alone else tmp_path
    runs = find_runs(place)
    found = [view for view in views_of(place, runs) if view.study == "some.study"]
    assert len(found) >= 4
    for view in found:
        assert 1 <= len(view.runs) <= MOST_TICKED and set(view.runs) <= set(runs)
        if "regexInput" in view.address or "runFilter" in view.address:
            assert ticked(view, list(runs)) == set(view.runs)


def test_what_is_not_there_has_no_link(tmp_path):
    study = make_study(tmp_path, "one")
    titles = {name.removeprefix("one: ") for name in views(tmp_path)}
    assert titles == {
        "the study: table, curves, samples", "differences and mean curves", "summary and verdicts", "means with 95% intervals",
        "hyperparameters and verdicts", "test curves",
    }  # fmt: skip
    add(study / "base/seed-0/test", image_summary("mistakes", PNG))
    add(study / "v-1/seed-0/train", histogram_summary("weights", [1.0]))
    (study / "v-1/seed-0/test/projector_config.pbtxt").write_text("")
    more = {name.removeprefix("one: ") for name in views(tmp_path)} - titles
    assert more == {"pictures of seed 0", "histograms of seed 0", "test samples in the projector"}


def test_a_graph_has_a_link_to_the_bases_first(tmp_path):
    study = make_study(tmp_path, "one")
    for variant in ("v-1", "base"):
        (path,) = (study / variant / "seed-0/train").glob("*tfevents*")
        path.unlink()
        with EventFile(study / variant / "seed-0/train") as file:
            file.add_graph(b"\x0a\x00")
    assert views(tmp_path)["one: a trial's network"].address == "#graphs&run=one/base/seed-0/train"
    make_study(tmp_path, "another")
    assert not any("graphs" in view.address for view in views(tmp_path).values())


def test_curves_of_more_runs_than_time_series_ticks_are_shown_by_the_older_tab(tmp_path):
    make_study(tmp_path, "one", variants=30, seeds=9)
    assert all("timeseries" not in view.address for view in views(tmp_path).values())
    assert views(tmp_path)["one: test curves"].address.startswith("#scalars&regexInput=")


def test_a_study_of_an_older_version_has_links_to_its_curves_and_pictures(tmp_path):
    trial = tmp_path / "old/base/seed-0/attempt-1"
    add(trial, text_summary("data", "digits"), image_summary("mistakes", PNG))
    for run in ("train", "test"):
        add(trial / run, scalar_pb("epoch_loss", 0.1))
    found = views(tmp_path)
    assert set(found) == {"old: test curves", "old: pictures of seed 0"}
    assert found["old: test curves"].runs == ("old/base/seed-0/attempt-1/test",)
    assert found["old: pictures of seed 0"].runs == ("old/base/seed-0/attempt-1",)


def test_runs_of_hidden_folders_and_an_empty_folder_give_no_links(tmp_path):
    assert views(tmp_path) == {}
    add(tmp_path / ".reruns/one/base/seed-0/test", scalar_pb("epoch_loss", 0.1))
    assert find_runs(tmp_path) == {} and views(tmp_path) == {}
