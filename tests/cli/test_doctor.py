"""``tocsin doctor``: what is here, what is missing, and what to do about it."""

import json
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from sim.store import installation
from tests.cli.commands import Tocsin


def test_all_is_well_where_everything_is_installed(tocsin: Tocsin) -> None:
    ended = tocsin("doctor")
    assert ended.code == 0, ended.out
    assert ended.out.splitlines()[-1] == "No problems found."
    document = json.loads(tocsin("doctor", "--json").out)
    assert document["problems"] == []
    assert document["libraries"]["numpy"] == metadata.version("numpy")
    assert document["extra_test"] is True


@pytest.mark.parametrize(("found", "word"), [(None, "simpy>=4.1"), ("3.0", "simpy>=4.1")])
def test_a_library_that_is_missing_or_too_old_is_named(
    tocsin: Tocsin, monkeypatch: pytest.MonkeyPatch, found: str | None, word: str
) -> None:
    def version(name: str) -> str:
        if name != "simpy":
            return metadata.version(name)
        if found is None:
            raise metadata.PackageNotFoundError(name)
        return found

    monkeypatch.setattr(installation, "version", version)
    ended = tocsin("doctor")
    assert ended.code == 1
    assert f"problem: missing or too old: {word}; reinstall tocsin" in ended.out
    assert ended.out.splitlines()[-1] == "1 problem"


def test_little_memory_or_disk_is_told(tocsin: Tocsin, monkeypatch: pytest.MonkeyPatch) -> None:
    here: dict[str, Any] = {**installation.machine(), "memory_bytes": 1 << 30}
    monkeypatch.setattr(installation, "machine", lambda: here)
    monkeypatch.setattr(installation, "NEEDED_DISK", 1 << 60)
    ended = tocsin("doctor")
    assert ended.code == 1
    assert "problem: 1.0 GiB of memory; the whole country one to one needs" in ended.out
    assert "is free in" in ended.out


def test_nothing_is_written(tocsin: Tocsin, tmp_path: Path) -> None:
    tocsin("doctor")
    assert list(tmp_path.iterdir()) == []
