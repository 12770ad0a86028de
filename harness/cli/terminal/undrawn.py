"""Which of a study's pictures no variant could draw, in one line each below its summary."""

from collections.abc import Sequence

from harness.records import Record
from harness.study import DRAWN_SEED, Study


def undrawn_lines(study: Study, records: Sequence[Record]) -> list[str]:
    """Say of each picture that the study names and no trial of the drawn seed has why the first of them has it not."""
    # Only a trial that came to its pictures says what they took.
    tried = [record for record in records if record.seed == DRAWN_SEED and "picture_seconds" in record.provenance]
    lines = []
    for name in study.pictures:
        reasons = [record.provenance.get("pictures", {}).get(name, "") for record in tried]
        if reasons and all(reasons):
            lines.append(f"picture {name} was drawn for no variant: {reasons[0].removeprefix('not drawn: ')}")
    return lines
