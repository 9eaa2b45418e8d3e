"""The machine is measured once, and again only for another one."""

from pathlib import Path

import pytest

from sim.base.caches import FileCache
from sim.forecast import machine
from sim.forecast.cost import HOME
from sim.forecast.machine import Speeds, known, measure, this_machine


@pytest.fixture
def measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Speeds]:
    """Keep what is measured in a cache of the test's own; the list has each measurement."""
    made: list[Speeds] = []

    def quickly() -> Speeds:
        made.append(HOME)
        return HOME

    monkeypatch.setattr(machine, "measure", quickly)
    monkeypatch.setattr(machine, "_cache", lambda: FileCache(tmp_path))
    return made


def test_it_is_measured_when_first_needed_and_said_so(measured: list[Speeds]) -> None:
    told: list[str] = []
    assert known() is None
    assert this_machine(told.append).speeds == HOME
    assert told == ["measuring this machine, 4 s"]
    assert this_machine(told.append).speeds == HOME == known()
    assert (len(told), len(measured)) == (1, 1)


def test_another_processor_is_measured_again(measured: list[Speeds], monkeypatch: pytest.MonkeyPatch) -> None:
    this_machine(lambda line: None)
    about = machine.described()
    monkeypatch.setattr(machine, "described", lambda: {**about, "processor": "another"})
    assert known() is None
    this_machine(lambda line: None)
    assert len(measured) == 2


@pytest.mark.parametrize("damage", [b"", b"{}", b"[1, 2]", b'{"python_s": 0, "doubles_s": 1, "reads_s": 1}', b"null"])
def test_what_is_damaged_is_measured_again(damage: bytes, measured: list[Speeds], tmp_path: Path) -> None:
    this_machine(lambda line: None)
    FileCache(tmp_path).put(machine._key(), damage)
    assert known() is None


def test_a_measurement_has_seconds_of_each() -> None:
    speeds = measure(0.01)
    assert 0.0 < speeds.doubles_s < speeds.reads_s < 10.0
    assert 0.0 < speeds.python_s < 10.0
