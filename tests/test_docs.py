"""What a user can name is documented: docs/reference.md has every setting, option, column and figure, and none that is gone."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import fields
from pathlib import Path

import click
import pytest

import harness
from harness.analysis import run_columns, summary_columns
from harness.cli import main
from harness.records import STATUSES
from harness.study import LOGS, PICTURES, Metric, Settings, Study, Variant

pytestmark = pytest.mark.quick

DOCS = Path(__file__).resolve().parents[1] / "docs"
NOT_OPTIONS = {"--help"}  # said once, of all


def sections() -> dict[str, str]:
    parts = re.split(r"^## (.+)$", (DOCS / "reference.md").read_text(encoding="utf-8"), flags=re.M)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def first_cells(section: str) -> set[str]:
    """Return what is in backticks in the first cells of a section's tables."""
    rows = [line for line in sections()[section].splitlines() if line.startswith("| `")]
    return {name for row in rows for name in re.findall(r"`([^`]+)`", re.split(r"(?<!\\)\|", row)[1])}


def named(section: str) -> set[str]:
    return set(re.findall(r"`([^`]+)`", sections()[section]))


def options() -> Iterator[tuple[str, str]]:
    """Yield each command's name and each of its options."""

    def below(name: str, command: click.Command) -> Iterator[tuple[str, str]]:
        for parameter in command.params:
            if isinstance(parameter, click.Option) and not parameter.hidden:
                yield from ((name or "harness", option) for option in parameter.opts)
        for child, inner in getattr(command, "commands", {}).items():
            yield from below(f"{name} {child}".strip(), inner)

    return below("", main)


def names(kind: type) -> set[str]:
    return {field.name for field in fields(kind)}


def as_typed(value: object) -> str:
    """Return a setting's value as --set takes it."""
    return (
        ",".join(map(str, value)) if isinstance(value, tuple) else str(value).lower() if value in (True, False) else str(value)
    )


def assert_same(said: Iterable[str], there: Iterable[str]) -> None:
    said, there = set(said), set(there)
    assert not there - said, f"docs/reference.md does not have {', '.join(sorted(there - said))}"
    assert not said - there, f"docs/reference.md has what is not there: {', '.join(sorted(said - there))}"


def test_every_setting_is_documented_with_its_default():
    assert_same(first_cells("Settings"), names(Settings))
    rows = re.findall(r"^\| `(\w+)` \| ([^|]*) \|", sections()["Settings"], flags=re.M)
    for name, said in rows:
        default = getattr(Settings(), name)
        assert (said.strip("`") == as_typed(default)) if default not in (None, ()) else said in ("none", "all"), (name, said)


def test_all_that_a_study_declares_is_documented():
    declared = names(Study) | (names(Variant) - {"changes"}) | names(Metric)
    assert_same(first_cells("Study, Variant, Metric") & declared, declared)
    assert not set(harness.__all__) - {"Settings"} - named("Study, Variant, Metric"), "not in docs/reference.md"


def test_every_option_is_documented_with_the_commands_that_have_it():
    there = {option for _, option in options()}
    assert_same({name for name in first_cells("Commands") if name.startswith("-")}, there - NOT_OPTIONS)


@pytest.mark.parametrize("option", sorted({option for _, option in options() if option.startswith("--")}))
def test_the_commands_named_beside_an_option_are_those_that_have_it(option: str):
    (row,) = [
        line for line in sections()["Commands"].splitlines() if line.startswith(f"| `{option}`") or f", `{option}`" in line
    ]
    said = set(re.findall(r"`([^`]+)`", row.split("|")[2]))
    assert not said or said == {command for command, name in options() if name == option}


def test_every_command_is_documented():
    assert {command for command, _ in options()} <= named("Commands")


def test_every_column_is_documented():
    assert_same(first_cells("summary.csv"), summary_columns())
    assert_same(first_cells("runs.csv"), run_columns())


def test_every_status_figure_and_log_is_documented():
    assert set(STATUSES) <= named("runs.csv")
    assert_same(first_cells("Figures and logs"), {*PICTURES, *LOGS})


def test_every_file_that_the_docs_name_is_there():
    root = DOCS.parent
    gone = {
        f"{page.name}: {name}"
        for page in (root / "README.md", root / "CONTRIBUTING.md", *DOCS.glob("*.md"))
        if page.exists()
        for name in re.findall(r"`(?!logs/)((?:\w+/)+[\w.-]+\.(?:py|toml|csv|md|cfg))`", page.read_text(encoding="utf-8"))
        if not any((base / name).exists() for base in (root, root / "harness", root / "tests", DOCS))
    }
    assert not gone
