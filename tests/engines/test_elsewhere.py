"""What is said of some provinces changes nothing in the others, unless it is a total that provinces share.

Without feedback, nothing passes from one province to another but what a scenario shares out. So each kind of measure
that may be in force in some provinces is switched off in one of three, and the tables of the other two stay as they
are, to the last event. The exceptions are totals.
"""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import sim
from sim.scenario.schema.measures import Somewhere, Spread
from tests.engines.small import fewer, run_tiny
from tests.engines.test_measures_bite import BITES, SEGMENTS, kinds
from tests.marks import first_quick
from tests.scenario.bundled import bundled

KEPT, OFF = (11, 44), 65
"""The provinces of ``tiny``."""
TABLES = ("attempts", "alerts", "contacts", "waits", "hours", "outcomes", "cases", "flows", "state", "events")

WHILE = ["2022-01-30", "2022-02-02"]
"""Around both days of ``run_tiny``, and the one before them."""
WEIGHED = {"11": 1.8, "65": 0.5}

SHARED = {
    "videos": "`views` are a total, seen by the people of its provinces",
    "activities": "`count` is a total, held in its provinces",
}
"""Kinds of measures of which a total is spread over the provinces in force."""


def measures(kind: str) -> dict[str, Any]:
    """Return the measures of a run that shows what a kind does: it alone, and what it needs."""
    bite = next(one for one in BITES.values() if one.kind == kind)
    own = dict(bite.own) | ({"segments": SEGMENTS} if kind == "activities" else {})
    own |= {"province_weights": WEIGHED} if kind == "warning" else {}
    own |= {"share": 1.0, "after": "1 min"} if kind == "account_freeze" else {}  # few report within two days
    window = WHILE if issubclass(kinds()[kind], Spread) or kind == "outage" else bite.window
    return {**bite.beside, "tried": {"kind": kind, "window": window, **own}}


def in_provinces(run: sim.Run, table: str, codes: tuple[int, ...]) -> pd.DataFrame:
    """Return the rows of a table that are about some provinces."""
    rows = getattr(run, table)
    return rows[rows["province"].isin(codes)].reset_index(drop=True)


def tables_that_differ(one: sim.Run, other: sim.Run, codes: tuple[int, ...]) -> set[str]:
    """Return the names of the tables that differ in what they say of some provinces."""
    return {name for name in TABLES if not in_provinces(one, name, codes).equals(in_provinces(other, name, codes))}


def run(folder: Path, **values: Any) -> sim.Run:
    """Run two days of ``tiny`` without feedback and without measures but those given."""
    absent = dict.fromkeys(bundled("tiny").spec.measures)
    given = {"feedback": False, **fewer(0.5), **values}
    return run_tiny(folder, **{**given, "measures": {**absent, **given.get("measures", {})}})


SOMEWHERE = [kind for kind, model in kinds().items() if issubclass(model, Somewhere)]


@pytest.mark.parametrize("kind", first_quick(SOMEWHERE, 3))
def test_a_measure_off_in_a_province_changes_nothing_in_the_others(kind: str, tmp_path: Path) -> None:
    bite = next(one for one in BITES.values() if one.kind == kind)
    tried = measures(kind)
    everywhere = run(tmp_path / "everywhere", **bite.values, measures=tried)
    tried = {**tried, "tried": {**tried["tried"], "provinces": list(KEPT)}}
    somewhere = run(tmp_path / "somewhere", **bite.values, measures=tried)
    assert bool(tables_that_differ(everywhere, somewhere, KEPT)) == (kind in SHARED)
    assert tables_that_differ(everywhere, somewhere, (OFF,))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"desks.visit.by_province": {"65": 5}}, {"desks.visit.by_province": {"65": 1}}),
        (
            {"fraud.surges": {"s": {"window": ["2022-01-30", None], "factor": 2}}},
            {"fraud.surges": {"s": {"window": ["2022-01-30", None], "factor": 2, "provinces": list(KEPT)}}},
        ),
    ],
    ids=["own staff", "surge"],
)
def test_what_else_is_said_of_a_province_changes_nothing_in_the_others(
    one: dict[str, Any], other: dict[str, Any], tmp_path: Path
) -> None:
    warned = measures("warning")
    runs = [run(tmp_path / name, measures=warned, **given) for name, given in (("one", one), ("other", other))]
    assert not tables_that_differ(*runs, KEPT)
    assert tables_that_differ(*runs, (OFF,))
