"""Engines do without a search for cycles of dead objects, and leave it to others as they found it."""

import gc
from contextlib import suppress
from pathlib import Path

import pytest

from sim.draws.compiled import Kept
from sim.engines.tables import not_collecting
from sim.engines.vector.steps import Country, Worker
from sim.midnight.night import Night
from tests.engines.small import TWO_DAYS, fewer, run_tiny


@pytest.fixture(autouse=True)
def as_before():
    was, frozen = gc.isenabled(), gc.get_freeze_count()
    yield
    if not frozen:
        gc.unfreeze()
    (gc.enable if was else gc.disable)()


@pytest.mark.parametrize(("enabled", "frozen"), [(True, False), (False, True)])
def test_it_is_afterwards_as_it_was_before(enabled: bool, frozen: bool) -> None:
    (gc.enable if enabled else gc.disable)()
    if frozen:
        gc.freeze()
    before = gc.get_freeze_count() > 0
    with suppress(KeyError), not_collecting(frozen=True):
        assert not gc.isenabled()
        assert gc.get_freeze_count() > 0
        raise KeyError
    assert gc.isenabled() is enabled
    assert (gc.get_freeze_count() > 0) is before


def test_no_array_of_a_run_waits_for_a_search(tmp_path: Path) -> None:
    gc.collect()
    gc.disable()
    run_tiny(tmp_path / "run", period=TWO_DAYS, events="none", **fewer(0.02))
    assert not gc.isenabled()
    assert not {type(one) for one in gc.get_objects()} & {Country, Worker, Kept, Night}
