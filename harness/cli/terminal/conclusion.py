"""What stands below a table of variants: the differences drawn, what the verdicts mean, what was found, what to do next."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.text import Text

from harness.analysis import Conclusion, conclude, trials_called
from harness.cli.terminal.summary import VERDICT_STYLES
from harness.cli.terminal.wrapping import fold_text
from harness.records import Record, as_typed, command, folder_at, logdir_words, run_command
from harness.results import BAND, ZERO, ComparedTable, ForestPlot, forest_plot
from harness.study import FEWEST_PAIRS, Row

RULES = "docs/verdicts.md"
UNCORRECTED = "The words allow for the number of comparisons; intervals and percentages are each comparison's own."
INDENT = 2
READING_WIDTH = 120  # lines of prose longer than this are hard to read
MOST_ONLY = 4  # variants that a command names with --only
SCALE_STYLE = "not bold bright_black"


class ConclusionView:
    """A study's differences as a picture, and what they come to, as wide as the console.

    rows: of its summary. picture: whether the differences are drawn and the words explained. trials: what a variant's
    trials are called: seeds, or folds. faults: lines on what is not as expected, which say more of it than the rows can.
    """

    def __init__(
        self,
        rows: Sequence[Row],
        *,
        heading: str = "Conclusion",
        picture: bool = True,
        trials: str = "seeds",
        faults: Sequence[Text] = (),
    ) -> None:
        self._rows, self._heading, self._picture, self._faults = rows, heading, picture, faults
        self.conclusion: Conclusion = conclude(rows, trials=trials)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        width = min(options.max_width, READING_WIDTH)
        if self._picture and (plot := forest_plot(self._rows, width=width)) is not None:
            yield from plot_lines(plot)
        if self._picture and self.conclusion.legend:
            yield ""
            for word, meaning in self.conclusion.legend.items():
                yield hanging(Text.assemble((f"{word}: ", VERDICT_STYLES.get(word, "")), (meaning, "dim")), width)
            yield hanging(Text(UNCORRECTED, "dim"), width)
            yield Text(f"How these words come about: {RULES}", style="dim")
        yield Text(f"\n{self._heading}", style="bold")
        known = self.conclusion.faults if self._faults else ()
        sentences = (Text(sentence) for sentence in self.conclusion.sentences if sentence not in known)
        for told in (*self._faults, *sentences):
            yield hanging(told, width, indent=INDENT)


def plot_lines(plot: ForestPlot, *, title: str = "") -> Iterator[RenderableType]:
    """Yield a plot's lines in the colours of their verdicts, under its own title or this one."""
    yield Text(f"\n{title or plot.title}", style="italic")
    for line in plot.lines:
        style = VERDICT_STYLES.get(line.verdict, "")
        axis = Text(line.axis, style=style)
        axis.highlight_regex(f"[{BAND}{ZERO}]+", SCALE_STYLE)  # the scale's, which no verdict colours
        yield Text.assemble(f"{line.name}  ", axis, f"  {line.difference}  ", (line.verdict, style), no_wrap=True)
    yield Text(plot.scale, style="dim", no_wrap=True)
    yield Text(plot.key, style="dim")


def hanging(text: Text, width: int, *, indent: int = 0) -> Text:
    """Return a text in lines of at most so many cells, all but the first indented by two more."""
    lines = fold_text(text, max(width - indent - INDENT, 1)).split("\n")
    margins = (" " * indent, *(" " * (indent + INDENT),) * (len(lines) - 1))
    return Text("\n").join(Text.assemble(margin, line) for margin, line in zip(margins, lines, strict=True))


def print_conclusions(console: Console, sources: Sequence[ComparedTable], *, epoch: str) -> None:
    """Print what each study's table comes to; of a single one also its picture, and what to do next.

    epoch: of which the values are.
    """
    from harness.cli.terminal.effects import effects_views

    tables = [(source, table) for source in sources for _, table in source.table.groupby("study", sort=False)]
    alone = len(tables) == 1
    for source, table in tables:
        study = table["study"].iloc[0]
        records = [record for (name, _), found in source.records.items() if name == study for record in found]
        heading = "Conclusion" if alone else f"Conclusion: {study}"
        for effects in effects_views(records, study_folder(Path(source.label), study).parent, epoch=epoch):
            console.print(effects)
        view = ConclusionView(table.to_dict("records"), heading=heading, picture=alone, trials=trials_called(records))
        console.print(view)
        folder = folder_at(source.label) or Path(source.label)
        for line in next_steps(view.conclusion, records, folder) if alone and records else ():
            console.print(line, soft_wrap=True)


def study_folder(folder: Path, study: str) -> Path:
    """Return a study's folder, given it or the log folder that it lies in."""
    return folder if folder.absolute().name == study else folder / study


def next_steps(conclusion: Conclusion, records: Sequence[Record], folder: Path) -> list[Text]:
    """Return a line for each thing that is worth doing next, ending with its command.

    records: of one study. folder: it, or the log folder that it lies in.
    """
    study = records[0].study
    folder = study_folder(folder, study)
    steps = []
    # More seeds for what came out undecided are a second look: a design shares the error out, over all variants.
    if conclusion.going_on or (conclusion.seeds or 0) > FEWEST_PAIRS:
        steps.append(("Seeds until settled", run_command(folder, records, until_settled=True)))
    elif conclusion.seeds is not None:
        only = conclusion.unsettled if len(conclusion.unsettled) <= MOST_ONLY else ()
        steps.append(("More seeds", run_command(folder, records, seeds=conclusion.seeds, variants=only)))
    steps.append(("Curves", command("board", study, *logdir_words(folder.parent))))
    steps.append(("Table for a paper", command("compare", as_typed(folder), "--format", "latex")))
    return [Text.assemble((f"{what}: ", "bold"), line) for what, line in steps]
