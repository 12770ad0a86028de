"""The pages that scripts/results.py writes: from records alone, with what is not sure said aloud, and no stand-in data."""

import io
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import results
from calling import harness
from click.testing import CliRunner
from PIL import Image
from plain_records import record
from resulting import store
from resultpages.claims import claims_table, count_shown, standings
from resultpages.pictures import LARGEST, smaller
from resultpages.published import Published, read

from harness.analysis.table_files import write_tables
from harness.errors import UsageError
from harness.study.expectations import finishes, raises


@pytest.fixture(scope="module")
def logdir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The perceptron on irises and on XOR, two seeds: scikit-learn alone, so that it takes seconds."""
    logdir = tmp_path_factory.mktemp("logs")
    result = harness("run", "perceptron", "--logdir", logdir, "--seeds", 2, "--jobs", 1, "--only", "xor")
    assert result.exit_code == 0, result.output
    return logdir


@pytest.fixture(scope="module")
def written(logdir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The root that the pages were written to."""
    root = tmp_path_factory.mktemp("root")
    result = CliRunner().invoke(results.main, [str(logdir), "--root", str(root)])
    assert result.exit_code == 0, result.output
    return root


def test_a_page_says_question_lesson_table_and_claims(logdir: Path, written: Path):
    page, study = (written / "docs" / "results" / "perceptron.md").read_text(), read("perceptron", logdir).study
    assert study.question in page
    assert study.lesson in page
    assert "| xor | problem=xor | ok | 2 | 1 | 3 |" in page
    assert "| xor | test accuracy at most 0.75 | yes |" in page


def test_few_seeds_are_said_in_the_heading(written: Path):
    heading = (written / "docs" / "results" / "perceptron.md").read_text().splitlines()[0]
    assert heading == "# Results of `perceptron` (2 seeds only, no verdicts)"


def test_pictures_lie_where_the_page_looks_for_them(written: Path):
    page = written / "docs" / "results" / "perceptron.md"
    links = [line.partition("](")[2].rstrip(")") for line in page.read_text().splitlines() if line.startswith("![")]
    assert links
    for link in links:
        assert Image.open(page.parent / link).format == "PNG"
        assert (page.parent / link).stat().st_size <= LARGEST


def test_the_index_leads_to_each_page_and_counts_its_claims(written: Path):
    index = (written / "docs" / "results.md").read_text()
    assert "[perceptron](results/perceptron.md)" in index
    assert "| **2** | 2 of 2 |" in index


def test_the_index_keeps_studies_that_are_not_published_now(logdir: Path, tmp_path: Path):
    (tmp_path / "docs").mkdir()
    kept, gone = "| [spirals](results/spirals.md) | told |", "| [absent](results/absent.md) | told |"
    old = "| [perceptron](results/perceptron.md) | old |"
    (tmp_path / "docs" / "results.md").write_text("\n".join(["# Results", kept, gone, old]))
    assert CliRunner().invoke(results.main, [str(logdir), "--root", str(tmp_path)]).exit_code == 0
    index = (tmp_path / "docs" / "results.md").read_text()
    assert kept in index and gone not in index and old not in index and "[perceptron](results/perceptron.md)" in index


def test_pages_are_of_one_number_of_seeds_and_readmes_of_seeds_until_settled(logdir: Path, tmp_path: Path, monkeypatch, capsys):
    found, done = read("perceptron", logdir), []
    monkeypatch.setattr(results, "write_readmes", lambda found, root: [done.append(("READMEs", found.study.name)) or root])
    monkeypatch.setattr(
        results, "write_pages", lambda published, root: done.extend(("page", one.study.name) for one in published)
    )
    asked = replace(found, study=replace(found.study, name="ablations"))
    results.write_docs([asked, found], tmp_path)
    assert done == [("page", "ablations"), ("page", "perceptron")]
    done.clear()
    monkeypatch.setattr(Published, "by_design", True)
    results.write_docs([asked, found], tmp_path)
    assert done == [("READMEs", "ablations")]
    assert "perceptron was run until settled: its page is written from as many seeds for all" in capsys.readouterr().out


def with_expectation(found: Published, variant: str, expect: object) -> Published:
    variants = tuple(replace_expectation(one, expect) if one.name == variant else one for one in found.study.variants)
    return replace(found, study=replace(found.study, variants=variants))


def replace_expectation(variant, expect):
    return type(variant)(variant.name, control=variant.control, expect=expect, **variant.changes)


def test_a_broken_claim_is_told_with_what_was_measured(logdir: Path):
    found = with_expectation(read("perceptron", logdir), "xor", finishes(accuracy_at_least=0.9))
    claims = standings(found)
    assert count_shown(claims) == "1 of 2"
    assert "| xor | test accuracy at least 0.9 | **no**: measured 0.5" in claims_table(claims)


def test_an_expected_failure_that_did_not_happen_is_told(logdir: Path):
    found = with_expectation(read("perceptron", logdir), "xor", raises("ValueError"))
    found = replace(found, runs=found.runs.assign(as_expected=found.runs["variant"] != "xor"))
    assert "| xor | raises ValueError | **no**: 0 of 2 trials did |" in claims_table(standings(found))


def test_stand_in_data_is_not_published(tmp_path: Path):
    for used, refused in (("mnist", False), ("digits", True)):
        data = {"name": "mnist", "used": used}
        base = record("base", 0, study="ablations", data=data)
        write_tables(store(tmp_path / used, base) / "ablations", [base])
        with pytest.raises(UsageError, match="digits, which are no data of ablations") if refused else nullcontext():
            read("ablations", tmp_path / used)


def test_a_folder_without_studies_is_refused(tmp_path: Path):
    result = CliRunner().invoke(results.main, [str(tmp_path)])
    assert result.exit_code == 1
    assert "holds no study" in result.output


def test_a_large_picture_loses_colours_until_it_is_small():
    noise = np.random.default_rng(0).integers(0, 255, (300, 400, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).save(file, "PNG")
    small = smaller(file.getvalue())
    assert len(small) < len(file.getvalue()) / 2
    assert Image.open(io.BytesIO(small)).size == (400, 300)
