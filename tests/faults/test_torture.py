"""A few seconds of the torture; `python tests/torture.py` has hours of it."""

from torture import torture


def test_no_record_is_lost_twice_there_or_wrong_whatever_is_killed(tmp_path):
    done = torture(seconds=12, trials=20, seed=3, folder=tmp_path / "torture")
    assert done["worker killed"] + done["driver killed"] + done["disk filled"] >= 2
