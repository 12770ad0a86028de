"""What stands below the bar while a look trains."""

import pytest

from harness.analysis.design import Design
from harness.analysis.settling import GIVEN_UP, GOES_ON, SETTLED, Standing
from harness.cli.terminal.standings import standing_board
from harness.runs.until_settled import Looked

pytestmark = pytest.mark.quick

STANDINGS = {
    "big": Standing(SETTLED, "", 5),
    "slow": Standing(SETTLED, "", 5),
    "same": Standing(SETTLED, "", 10),
    "fails": Standing(SETTLED, "", 5),
    "small": Standing(GOES_ON, "", 10, 20),
    "other": Standing(GIVEN_UP, "", 10),
}
WORDS = {"big": "better", "slow": "better", "same": "equivalent", "fails": "expected-error", "small": "inconclusive"}


def looked() -> Looked:
    return Looked(Design((5, 10, 20)), STANDINGS, {"base": 20, **dict.fromkeys(STANDINGS, 10)}, 55, (), WORDS)


def test_it_says_who_is_settled_and_how_who_goes_on_and_what_is_spared():
    assert standing_board(looked(), trained=3) == [
        "settled, better: big, slow",
        "settled, equivalent: same",
        "settled, expected-error: fails",
        "given up: other",
        "to 20 seeds: small",
        "58 trainings; every variant with 20 seeds would take 140",
    ]
