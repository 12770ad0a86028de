"""Film a run of the harness in a terminal: python scripts/recording.py docs/recording.svg run ablations."""

import shlex
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import click
from film.capture import Output, Size, capture
from film.frames import Pace, replay
from film.svg import draw

ROOT = Path(__file__).resolve().parents[1]
PROGRAM = "./scripts/harness"  # as it is typed
NAMED = "ablation-harness"  # the folder that it is typed in
LARGEST = 300_000  # bytes
RATES = (8, 6, 4, 3, 2, 1)  # frames a second, as many as fit
TYPED = 0.7  # seconds that typing the command takes
PROMPT = b"\x1b[1;32m$\x1b[0m "


@click.command(context_settings={"allow_interspersed_args": False})
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), default=ROOT / "docs" / "recording.svg")
@click.argument("words", nargs=-1, type=click.UNPROCESSED)
@click.option("--columns", type=click.IntRange(40, 250), default=100, show_default=True, help="The terminal's width.")
@click.option("--rows", type=click.IntRange(10, 100), default=34, show_default=True, help="The terminal's height.")
@click.option("--seconds", type=click.FloatRange(1), default=20.0, show_default=True, help="A longer run is shown faster.")
@click.option("--hold", type=click.FloatRange(1), default=8.0, show_default=True, help="Seconds that the last frame stays.")
def main(file: Path, words: Sequence[str], *, columns: int, rows: int, seconds: float, hold: float) -> None:
    """Run `harness WORDS` in a folder of its own, and write what a terminal shows meanwhile into FILE, an SVG."""
    words = list(words) or ["run", "ablations"]
    size = Size(columns, rows)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / NAMED
        written, status = capture(_program(folder) + words, folder=folder, size=size, environment={})
        written = _typed(shlex.join([PROGRAM, *words])) + _without_path(written, folder)
    if status:
        click.echo(f"harness {shlex.join(words)} ended with status {status}; the film shows it.", err=True)
    took = written[-1].seconds - TYPED
    speed = max(took / seconds, 1.0)
    for rate in RATES:
        svg = draw(replay(written, size, Pace(speed, rate=rate)), size, title=_title(took, speed), hold=hold)
        if len(svg.encode()) <= LARGEST:
            break
    else:
        raise click.ClickException(f"The film has more than {LARGEST:,} bytes at any rate; expected fewer --seconds.")
    file.write_text(svg, encoding="utf-8")
    click.echo(f"Wrote {file}: {len(svg.encode()):,} bytes, {rate} frames a second.")


def _program(folder: Path) -> list[str]:
    """Make an empty folder in which the harness can be called as in a clone; return how."""
    script = folder / PROGRAM
    script.parent.mkdir(parents=True)
    python, path = shlex.quote(sys.executable), shlex.quote(str(ROOT))
    script.write_text(f'#!/bin/sh\nHARNESS_PROGRAM="$0" PYTHONPATH={path} exec {python} -m harness "$@"\n')
    script.chmod(0o755)
    return [PROGRAM]


def _typed(line: str) -> list[Output]:
    """Return the prompt with a command that somebody types, word by word."""
    words = line.split(" ")
    shown = [Output(0.0, PROMPT)]
    for place, word in enumerate(words):
        shown.append(Output(TYPED * (place + 1) / len(words), f"{' ' if place else ''}{word}".encode()))
    return [*shown, Output(TYPED, b"\r\n")]


def _without_path(written: Sequence[Output], folder: Path) -> list[Output]:
    """Return what was written behind the prompt, without the folder's own path in it."""
    paths = {str(folder).encode(), str(folder.resolve()).encode()}
    outputs = []
    for output in written:
        content = output.content
        for path in paths:
            content = content.replace(path, b"~/" + NAMED.encode())
        outputs.append(Output(output.seconds + TYPED, content))
    return outputs


def _title(took: float, speed: float) -> str:
    minutes, seconds = divmod(round(took), 60)
    duration = f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
    return f"{NAMED}: {duration}" + (f", shown {speed:.1f} times as fast" if speed > 1 else "")


if __name__ == "__main__":
    main()
