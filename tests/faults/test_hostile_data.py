"""Damaged and hostile study files, datasets and arrays: refused in one clear line before anything is trained."""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hostile import JSON, call, damage, damaged, many, nothing_new, nothing_new_but, texts
from hypothesis import given, strategies as st

from harness import Arrays
from harness.data.idx import header, read_idx
from harness.data.specs import DataError
from harness.engine.array_checks import check_arrays
from harness.errors import UsageError
from harness.study.loading import load_study

STUDY = b'''"""A study."""
from harness import Settings, Study, Variant, raises, finishes
STUDY = Study("mine", base=Settings(hidden=(8,), epochs=2), question="?", variants=(
    Variant("wide", hidden=(16,)), Variant("slow", learning_rate=0.0001, expect=finishes(accuracy_at_least=0.5)),
    Variant("five", outputs=5, expect=raises("ValueError", match="label")),
))
'''


@many(250)
@given(changes=damage())
def test_a_damaged_study_file_is_loaded_or_refused_in_one_line(tmp_path: Path, changes: list[tuple[str, int, bytes]]):
    path = tmp_path / "mine.py"
    path.write_bytes(damaged(STUDY, changes))
    try:
        load_study(str(path))
    except UsageError as error:
        assert "mine.py" in str(error)


@many(120)
@given(field=st.sampled_from(["study", "variant", "control", "setting", "value", "question", "expect"]), value=JSON)
def test_a_study_of_hostile_values_plans_or_says_why_not(place: Path, field: str, value: Any):
    values = {
        "study": "s",
        "variant": "v",
        "control": "base",
        "setting": "epochs",
        "value": 9,
        "question": "?",
        "expect": "ValueError",
    } | {field: value}
    (place / "mine.py").write_text(
        f"from harness import Settings, Study, Variant, raises\nnan, inf = float('nan'), float('inf')\nV = {values!r}\n"
        "STUDY = Study(V['study'], base=Settings(dataset='digits'), question=V['question'], variants=(\n"
        "    Variant(V['variant'], control=V['control'], expect=raises(V['expect']),\n"
        "            **{V['setting']: V['value']}),))\n",
        encoding="utf-8", errors="replace",
    )  # fmt: skip
    with nothing_new_but(place, "mine.py"):
        call("run", "mine.py", "--dry-run")
        call("list", "mine.py")
        remove_caches(place)


def remove_caches(folder: Path) -> None:
    for path in folder.glob("__pycache__/*"):
        path.unlink()
    if (folder / "__pycache__").exists():
        (folder / "__pycache__").rmdir()


IDX = header((2, 3)) + bytes(range(6))


@many(400)
@given(
    content=st.binary(max_size=40) | damage().map(lambda changes: damaged(IDX, changes)),
    packed=st.booleans(),
    changes=damage(),
)
def test_no_idx_file_but_the_true_one_is_read(tmp_path: Path, content: bytes, packed: bool, changes: Any):
    import gzip
    import hashlib

    path = tmp_path / "images.gz"
    path.write_bytes(damaged(gzip.compress(content, mtime=0), changes) if packed else content)
    try:
        array = read_idx(path, shape=(2, 3), sha256=hashlib.sha256(IDX).hexdigest())
    except DataError as error:
        assert str(path) in str(error) and len(str(error).splitlines()) == 1
        return
    assert array.tobytes() == bytes(range(6))


@many(50)
@given(content=st.binary(max_size=30) | texts.map(lambda text: text.encode("utf-8", "replace")), which=st.integers(0, 4))
def test_a_folder_of_damaged_data_is_refused_before_anything_is_planned(place: Path, content: bytes, which: int):
    from harness.data.specs import ARRAYS, IDX_FILES

    folder = place / "data" / "mnist"
    folder.mkdir(parents=True, exist_ok=True)
    for array in ARRAYS[:which] or ARRAYS:
        (folder / getattr(IDX_FILES, array)).write_bytes(content)
    with nothing_new(place):
        result = call("run", "ablations", "--only", "epochs-15", "--dry-run", "--data-dir", place / "data")
    assert result.exit_code == 2 and str(folder) in result.stderr


KINDS = st.sampled_from(["nan", "infinite", "label", "negative", "fractional", "empty", "shorter", "shape"])


@many(150)
@given(kind=KINDS, which=st.sampled_from(["train", "test"]), count=st.integers(1, 20), data=st.data())
def test_arrays_that_would_train_to_rubbish_are_refused_with_their_name_and_the_count(
    kind: str, which: str, count: int, data: st.DataObject
):
    x, y = np.zeros((20, 4), np.float32), np.zeros(20, np.float32)
    places = data.draw(st.lists(st.integers(0, 19), min_size=count, max_size=count, unique=True))
    said = f"{count} "
    name = "y_" if kind in ("label", "negative", "fractional") else "x_"
    if kind in ("nan", "infinite"):
        x[places, data.draw(st.integers(0, 3))] = np.nan if kind == "nan" else data.draw(st.sampled_from([np.inf, -np.inf]))
    elif name == "y_":
        y[places] = {"label": 3.0, "negative": -1.0, "fractional": 0.5}[kind]
    elif kind == "empty":
        x, y, said = x[:0], y[:0], "no samples"
    elif kind == "shorter":
        x, said = x[: 20 - count], f"{20 - count}" if count < 20 else "0"
    else:
        x, said = x[:, :3], "shape"
    whole = {
        f"{part}_{split}": values
        for split in ("train", "test")
        for part, values in (("x", np.zeros((20, 4), np.float32)), ("y", np.zeros(20)))
    }
    with pytest.raises(ValueError, match=said) as caught:
        check_arrays(model(), Arrays(**(whole | {f"x_{which}": x, f"y_{which}": y})))
    assert f"{name}{which}" in str(caught.value)


@cache
def model() -> Any:
    """A compiled model of four inputs and three classes."""
    import keras

    made = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, activation="softmax")])
    made.compile("sgd", "sparse_categorical_crossentropy")
    return made
