"""Figures come from the parameters: each moves those that it should, and what is reported moves none of them."""

from pathlib import Path
from typing import Any

import pytest

import sim
from tests.engines.small import run_tiny

WHOLE = ["2022-01-31", "2022-02-01"]

MOVES: list[tuple[str, Any, str, int]] = [
    ("interception.call.threshold", 9.0, "calls_intercepted", -1),
    ("measures.warning-central.coverage", 0.3, "alerts_central", -1),
    ("warning.detectors.central.thresholds.blue", 2.6, "alerts_central", -1),
    ("cards.flag_share", 0.3, "cards_eliminated", +1),
    ("gangs.pools.removed.home", "80 per year", "dens_destroyed", +1),
    ("aftermath.investigation.capacity", "3 per day", "cases_solved", -1),
    ("aftermath.suspects.per_case", 3.0, "suspects_arrested", +1),
    ("aftermath.report.probability", 0.1, "filed", -1),
    ("measures.banks.intensity", 0.9, "losses", -1),
    ("measures.cluster-campaigns.half_life_factor", 50.0, "recovered_money", +1),
    ("aftermath.settlement", {"cases": 0.5, "suspects": 0.0}, "cases_solved", -1),
    ("measures.cluster-campaigns.count", 400, "cluster_campaigns", +1),
]
"""A parameter, another value for it, a figure, and the way in which that must go."""


@pytest.fixture(scope="module")
def as_it_is(tmp_path_factory: pytest.TempPathFactory) -> sim.Run:
    return run_tiny(tmp_path_factory.mktemp("moves") / "run", events="none")


@pytest.mark.parametrize(
    ("key", "value", "figure", "sign"), MOVES, ids=[f"{key} {figure}" for key, _, figure, _ in MOVES]
)
def test_a_parameter_moves_its_figure(
    as_it_is: sim.Run, tmp_path: Path, key: str, value: Any, figure: str, sign: int
) -> None:
    other = run_tiny(tmp_path / "run", events="none", **{key: value})
    before, after = as_it_is.figure(figure), other.figure(figure)
    assert before is not None
    assert after is not None
    assert (after - before) * sign > 0, (before, after)


def reported(values: list[float | None]) -> list[dict[str, Any]]:
    """Give one figure of each kind, reported as told."""
    names = ["alerts_central", "calls_intercepted", "cards_eliminated", "cases_solved", "losses", "dens_destroyed"]
    rows = [{"name": name, "window": WHOLE} for name in names]
    rows.append({"name": "episodes_change", "window": WHOLE[1:] * 2, "base": WHOLE[:1] * 2})
    return [
        {**row, "value": value, "role": "fitted" if value else "predicted", "tolerance": 0.01, "source": "made up"}
        for row, value in zip(rows, values, strict=True)
    ]


def test_what_is_reported_moves_no_simulated_number(tmp_path: Path) -> None:
    one = run_tiny(tmp_path / "one", figures=reported([1000.0] * 7))
    other = run_tiny(tmp_path / "other", figures=reported([7.0, 5e9, None, 0.25, 3e7, 12.0, -0.5]))
    assert list(one.figures["simulated"]) == list(other.figures["simulated"])
    assert one.figures["simulated"].notna().all()
    assert list(one.figures["ratio"]) != list(other.figures["ratio"])
    assert one.totals.equals(other.totals)
    for table in ("attempts", "alerts", "contacts", "waits", "hours", "outcomes", "flows", "state", "events"):
        assert getattr(one, table).equals(getattr(other, table)), table
