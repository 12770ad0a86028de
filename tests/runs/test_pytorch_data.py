"""Data of PyTorch train a Keras model: a DataLoader's batches, with processes of its own or without, and tensors as arrays."""

from pathlib import Path

import pytest
from calling import harness
from pytorches import needs_pytorch

from harness.records.record import OK, Record, load_records

pytestmark = [pytest.mark.processes, needs_pytorch]

HEAD = """
from dataclasses import dataclass
from harness import Arrays, Data, Settings, Study, Variant

@dataclass(frozen=True)
class Own(Settings):
    workers: int = 0
    tensors: bool = False

def build(settings):
    import keras
    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(2, activation="softmax")])
"""
LOADERS = """
class Rows:
    def __init__(self, first, last):
        self.first, self.last = first, last

    def __len__(self):
        return self.last - self.first

    def __getitem__(self, place):
        import torch
        x = torch.sin(torch.arange(4.0) * (self.first + place))
        return x, int(x[1] > 0)

def datasets(settings, seed):
    from torch.utils.data import DataLoader
    options = {"batch_size": settings.batch_size, "num_workers": settings.workers}
    return Data(train=DataLoader(Rows(0, 96), shuffle=True, **options), test=DataLoader(Rows(96, 128), **options), version="1")

STUDY = Study("own", base=Own(outputs=2, epochs=3, batch_size=16), build=build, datasets=datasets,
              variants=[Variant("beside", workers=2)])
"""
TENSORS = """
def arrays(settings):
    import torch
    torch.manual_seed(0)
    x = torch.randn(128, 4, requires_grad=True)
    y = (x[:, 0] > 0).long()
    parts = x[:96], y[:96], x[96:], y[96:]
    if not settings.tensors:
        parts = [part.detach().numpy() for part in parts]
    return Arrays(*parts)

STUDY = Study("own", base=Own(outputs=2, epochs=3, batch_size=16), build=build, arrays=arrays,
              variants=[Variant("tensors", tensors=True)])
"""


def ran(folder: Path, text: str, *options: object) -> dict[tuple[str, int], Record]:
    (folder / "own.py").write_text(HEAD + text)
    result = harness("run", folder / "own.py", "--jobs", 1, "--logdir", folder / "logs", *options)
    assert result.exit_code == 0, result.output
    records, problems = load_records(folder / "logs")
    assert not problems and {record.status for record in records} == {OK}
    return {(record.variant, record.seed): record for record in records}


def refused(folder: Path, text: str, *options: object) -> str:
    (folder / "own.py").write_text(HEAD + text)
    result = harness("run", folder / "own.py", "--logdir", folder / "refused", *options)
    assert result.exit_code == 2
    return result.output


def test_a_data_loader_gives_the_same_training_whoever_makes_its_batches(tmp_path):
    assert "Variant 'beside' of study 'own' changes nothing: with workers=2" in refused(tmp_path, LOADERS)
    found = []
    for workers in (0, 2):
        folder = tmp_path / str(workers)
        folder.mkdir()
        found.append(ran(folder, LOADERS, "--only", "base", "--seeds", 2, "--set", f"workers={workers}"))
    alone, beside = found
    for key, record in alone.items():
        assert "not_reproducible" not in record.provenance and record.provenance["engine"] == "fit"
        assert record.history["train_loss"] == beside[key].history["train_loss"]
    assert alone["base", 0].history["train_loss"] != alone["base", 1].history["train_loss"]


def test_tensors_train_as_the_arrays_that_they_hold_and_what_is_recorded_stands(tmp_path):
    assert "Variant 'tensors' of study 'own' changes nothing: with tensors=True" in refused(tmp_path, TENSORS)
    first, again = (ran(tmp_path, TENSORS, "--only", "base", "--set", "tensors=true", "--seeds", 1) for _ in range(2))
    assert first["base", 0].attempt == again["base", 0].attempt == 1
