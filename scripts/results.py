"""Write docs/results.md and the table of README.md from the records of a log folder: python scripts/results.py logs."""

import json
import re
import subprocess
import sys
from pathlib import Path

import click
import pandas as pd

ROOT = Path(__file__).resolve().parent.parent
COLUMNS = "variant,change,data,status,seeds,epochs,parameters,train_loss,test_accuracy,delta_test_accuracy,ci_low,ci_high,p_value,verdict,seconds"
MARKERS = ("<!-- table: scripts/results.py -->", "<!-- end of table -->")


@click.command()
@click.argument("logdir", type=click.Path(exists=True, file_okay=False, path_type=Path), default="logs")
def main(logdir: Path) -> None:
    """Write docs/results.md and the README's table from LOGDIR; every figure comes from its records."""
    study = "ablations"
    require_real(logdir / study)
    table = harness("compare", str(logdir / study), "--format", "markdown", "--columns", COLUMNS)
    questions = "\n\n".join(f"```\n{harness('questions', str(number), '--logdir', str(logdir))}\n```" for number in range(1, 10))
    page = f"""# Results of `{study}`

Written by `python scripts/results.py {logdir.name}` from the records of `python -m harness run {study}`; {made_on(logdir / study)}.

## Summary

{table}

## Documented figures against measured ones

{harness("reproduce", study, "--logdir", str(logdir), "--format", "markdown")}

## The course's questions

{questions}
"""
    (ROOT / "docs" / "results.md").write_text(page, encoding="utf-8")
    readme = ROOT / "README.md"
    first, last = map(re.escape, MARKERS)
    text = readme.read_text(encoding="utf-8")
    replaced, count = re.subn(f"{first}.*?{last}", lambda _: f"{MARKERS[0]}\n{table}\n{MARKERS[1]}", text, flags=re.DOTALL)
    if count != 1:
        raise click.ClickException(f"README.md has {count} places for the table; expected one, between {MARKERS[0]} and {MARKERS[1]}.")
    readme.write_text(replaced, encoding="utf-8")
    click.echo(f"Wrote {ROOT / 'docs' / 'results.md'} and the table of {readme}.")


def require_real(folder: Path) -> None:
    """Refuse records of stand-in data, or fewer than five seeds: they would be published as what they are not."""
    frame = pd.read_csv(folder / "summary.csv")
    stand_ins = sorted(set(frame["data"]) - {"mnist", "fashion-mnist"})
    if stand_ins or frame["seeds"].min() < 5:
        raise click.ClickException(
            f"{folder} holds {frame['seeds'].min()} seeds on {', '.join(sorted(set(frame['data'])))}; "
            "expected five seeds or more on mnist and fashion-mnist."
        )


def harness(*words: str) -> str:
    """Return what a command of the harness prints."""
    finished = subprocess.run([sys.executable, "-m", "harness", *words], capture_output=True, text=True, cwd=ROOT, check=False)
    if finished.returncode:
        raise click.ClickException(f"harness {' '.join(words)} ended with {finished.returncode}: {finished.stderr.strip()}")
    return finished.stdout.strip()


def made_on(folder: Path) -> str:
    """Say on which machine and with which versions the records were made."""
    found = json.loads((folder / "base" / "seed-0" / "record.json").read_text())["record"]["provenance"]
    return (
        f"{found['processor']}, {found['cores']} cores, Python {found['python']}, TensorFlow {found['tensorflow']}, "
        f"Keras {found['keras']}, engine {found['engine']}, {found['intra_op_threads']} thread a worker"
    )


if __name__ == "__main__":
    main()
