"""What driver and workers tell each other."""

import pytest

from harness.executors import Progress
from harness.executors.channel import Channel, Sender


@pytest.mark.parametrize("depth", [1, 12], ids=["short", "deeper than a socket's address may be long"])
def test_progress_arrives_whatever_the_temporary_folder(tmp_path, monkeypatch, depth):
    folder = tmp_path.joinpath(*["a-long-name"] * depth)
    folder.mkdir(parents=True)
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    channel = Channel()
    try:
        Sender(channel.folder).send(Progress("base", 0, 1, {"train_loss": 0.5}))
        assert list(channel.received()) == [Progress("base", 0, 1, {"train_loss": 0.5})]
    finally:
        channel.close()
