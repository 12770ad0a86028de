"""`doctor`: what there is, what is wrong, and what mends it."""

from functools import partial
from pathlib import Path

from rich.console import Console
from rich.text import Text

from harness.cli.terminal.summary import make_console
from harness.cli.terminal.table import pairs
from harness.maintenance import Finding, Section, examine_logs, examine_machine
from harness.records import on_one_line
from harness.study import counted


def print_examination(logdir: Path, *, data_dir: Path | None) -> int:
    """Print what was found on this machine and in the log folder; return 1 if something is to be mended, else 0."""
    console = make_console()
    sections = []
    for examine in (partial(examine_machine, logdir, data_dir=data_dir), partial(examine_logs, logdir)):
        sections.append(examine())
        _print(console, sections[-1])
    found = sum(len(section.findings) for section in sections)
    console.print(Text(problems_found(found), style="bold red" if found else "bold green"))
    return 1 if found else 0


def problems_found(count: int) -> str:
    """Say how many problems were found."""
    return f"{counted(count, 'problem') if count else 'No problems'} found."


def _print(console: Console, section: Section) -> None:
    console.print(pairs(section.title, section.facts))
    for finding in section.findings:
        print_finding(console, finding)


def print_finding(console: Console, finding: Finding) -> None:
    """Print what is wrong, and below it what mends it; neither is broken, so that a command can be copied."""
    console.print(Text(f"✗ {on_one_line(finding.what)}", style="red"), soft_wrap=True)
    console.print(Text(f"  mend: {on_one_line(finding.mend)}"), soft_wrap=True)
