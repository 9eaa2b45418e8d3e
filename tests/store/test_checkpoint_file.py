"""Files of named values and arrays: read back the same, or not at all; nothing in them is ever run."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from sim.store.checkpoint_file import KINDS, CheckpointError, read_values, write_values

VALUES: dict[str, Any] = {
    "counts": np.arange(12).reshape(3, 4).T,
    "nothing": [np.empty((0, 3)), np.empty(0, dtype=np.uint8)],
    "large": 1 << 200,
    "third": 1 / 3,
    "texts": ["a", "中文", None, True],
}

leaves = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]))
    | st.sampled_from(KINDS).flatmap(lambda kind: arrays.arrays(kind, arrays.array_shapes(min_dims=1, min_side=0)))
)
trees = st.recursive(leaves, lambda inner: st.lists(inner) | st.dictionaries(st.text("abc"), inner), max_leaves=20)


def equal(ours: Any, theirs: Any) -> bool:
    if isinstance(ours, np.ndarray):
        return ours.dtype == theirs.dtype and ours.shape == theirs.shape and ours.tobytes() == theirs.tobytes()
    if isinstance(ours, dict):
        return ours.keys() == theirs.keys() and all(equal(ours[key], theirs[key]) for key in ours)
    if isinstance(ours, list):
        return len(ours) == len(theirs) and all(map(equal, ours, theirs))
    return bool(ours == theirs and type(ours) is type(theirs))


@settings(deadline=None, max_examples=60, database=None)
@given(trees)
def test_what_is_read_is_what_was_written(tmp_path_factory: pytest.TempPathFactory, values: Any) -> None:
    file = tmp_path_factory.mktemp("values") / "file"
    assert write_values(file, values) == file.stat().st_size
    assert equal(values, read_values(file))
    assert os.listdir(file.parent) == ["file"]


def test_arrays_may_be_changed(tmp_path: Path) -> None:
    write_values(tmp_path / "file", VALUES)
    counts = read_values(tmp_path / "file")["counts"]
    counts[0, 0] = 7
    assert counts.flags.aligned
    assert counts.flags.owndata or counts.base.flags.owndata


def test_every_byte_that_is_changed_and_every_cut_is_found(tmp_path: Path) -> None:
    file = tmp_path / "file"
    write_values(file, VALUES)
    whole = file.read_bytes()
    for place in range(0, len(whole), 7):
        file.write_bytes(whole[:place])
        with pytest.raises(CheckpointError):
            read_values(file)
        for bit in (1, 128):
            file.write_bytes(whole[:place] + bytes([whole[place] ^ bit]) + whole[place + 1 :])
            try:
                found = read_values(file)
            except CheckpointError:
                continue
            # A few bits of the compressed stream say nothing of what is in it.
            assert equal({**VALUES, "counts": VALUES["counts"].copy()}, found), place


@pytest.mark.parametrize("value", [float("nan"), {"a": [np.array(["text"])]}, np.zeros(1, dtype=np.float32), {1, 2}])
def test_what_cannot_be_written_leaves_nothing(value: Any, tmp_path: Path) -> None:
    with pytest.raises((TypeError, ValueError)):
        write_values(tmp_path / "file", value)
    assert os.listdir(tmp_path) == []


def test_a_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_values(tmp_path / "file", 1)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space"):
        write_values(tmp_path / "file", 2)
    assert os.listdir(tmp_path) == ["file"]
    assert read_values(tmp_path / "file") == 1
