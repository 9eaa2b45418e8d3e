"""Runs that several tests look at, made once."""

from pathlib import Path

import pytest

import sim
from tests.engines.small import TWO_DAYS, run_tiny


@pytest.fixture(scope="session")
def two_days(tmp_path_factory: pytest.TempPathFactory) -> sim.Run:
    """``tiny`` on its two days, with all events."""
    folder: Path = tmp_path_factory.mktemp("runs")
    return run_tiny(folder / "two-days", period=TWO_DAYS)
