"""Small runs of the tests' scenario, cut short, for tests of whole runs."""

from pathlib import Path
from typing import Any

import sim

WEEK = {"start": "2022-01-29", "end": "2022-02-04", "warmup": "0 d"}
TWO_DAYS = {"start": "2022-01-31", "end": "2022-02-01", "warmup": "0 d"}
"""A Monday and a Tuesday, with the first of a month between them."""


def fewer(share: float) -> dict[str, str]:
    """Return overrides that leave a share of the attempts and of the legitimate contacts of ``tiny``."""
    full = {
        "fraud.volumes.call.level": 1400,
        "fraud.volumes.sms.level": 1500,
        "fraud.volumes.online.level": 700,
        "population.legitimate.call": 80000,
        "population.legitimate.sms": 90000,
        "population.legitimate.online": 30000,
    }
    return {key: f"{level * share} per day" for key, level in full.items()}


TYPES = tuple(sim.load_scenario("tiny").spec.fraud.types)
NO_LEGITIMATE = {f"population.legitimate.{channel}": "0 per day" for channel in ("call", "sms", "online")}


def run_tiny(folder: Path, events: str | float = "all", period: dict[str, str] = TWO_DAYS, **values: Any) -> sim.Run:
    """Return a run of ``tiny`` with changes (dotted keys), by the vector engine, kept in ``folder``.

    What holds of one engine holds of the other: ``tests/equality`` sees to that.
    """
    values = {"engine": "vector", **values}
    return sim.run(sim.load_scenario("tiny", period=period, **values), folder, events=events)


def files_that_differ(one: sim.Run, other: sim.Run) -> set[str]:
    """Return the names of the files in which two runs differ, apart from the scenario."""
    ours, theirs = one.manifest["files"], other.manifest["files"]
    return {name for name in {*ours, *theirs} - {"scenario.yaml"} if ours.get(name) != theirs.get(name)}
