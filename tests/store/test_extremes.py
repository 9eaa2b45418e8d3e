"""Extreme scenarios that are allowed, such as one den or nobody at the desks, have an answer, findings and a report.

Nothing of a run divides by what may be none. Cases are drawn: a few numbers of ``tiny``, each none or one, as far as
the schema takes them, in a period of a day or some.
"""

import random
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import sim
from sim.reading.check import check_run
from sim.report.page import page
from sim.scenario.resolved import plain
from sim.told.brief import run_brief, run_full
from sim.told.one import of_runs
from sim.told.text_tables import show
from tests.marks import first_quick

PERIODS = (
    {"start": "2022-01-24", "end": "2022-01-24", "warmup": "0 d"},
    {"start": "2022-01-24", "end": "2022-01-25", "warmup": "0 d"},
    {"start": "2022-01-31", "end": "2022-02-01", "warmup": "4 d"},
    {"start": "2022-01-24", "end": "2022-02-06", "warmup": "4 d"},
)
PARTS = ("population", "fraud", "dens", "cards", "interception", "sites", "engagement", "warning", "desks", "aftermath")
QUICK, ALL = 2, 60
WITH_PAGE = 2
"""Of the drawn extremes every second has a page, which takes ten times as long as all else of them."""


def numbers(node: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Yield the keys of numbers and rates, with what they are at their extremes."""
    if isinstance(node, dict):
        for key, inner in node.items():
            yield from numbers(inner, (*path, str(key)))
    elif isinstance(node, int | float) and not isinstance(node, bool):
        yield ".".join(path), (0, 1)
    elif isinstance(node, str) and " per " in node:
        yield ".".join(path), (f"0 per {node.rpartition(' ')[2]}",)


@cache
def every() -> list[tuple[str, tuple[Any, ...]]]:
    """Return all keys of ``PARTS`` that have extremes, and the extremes."""
    return list(numbers({part: plain(sim.load_scenario("tiny").resolved[part]) for part in PARTS}))


def drawn(seed: int) -> dict[str, Any]:
    """Return some numbers at an extreme which the schema takes together."""
    chance = random.Random(seed)
    values: dict[str, Any] = {"period": chance.choice(PERIODS)}
    for key, extremes in chance.sample(every(), chance.choice((1, 3, 10))):
        wanted = {**values, key: chance.choice(extremes)}
        try:
            sim.load_scenario("tiny", **wanted)
        except sim.ScenarioError:
            continue
        values = wanted
    return values


CASES: list[Any] = [
    pytest.param({"dens.slots": 1}, marks=pytest.mark.slow),
    {f"fraud.volumes.{channel}.level": "0 per day" for channel in ("call", "sms", "online")},
    pytest.param({"desks.call.staff": 0, "desks.visit.staff": 0}, marks=pytest.mark.slow),
    pytest.param({"scale": 1e-6}, marks=pytest.mark.slow),
    *first_quick(range(ALL), QUICK),
]


@pytest.mark.parametrize("case", CASES)
def test_an_extreme_scenario_has_an_answer_findings_and_a_report(case: dict[str, Any] | int, tmp_path: Path) -> None:
    from sim.progress import console

    values = drawn(case) if isinstance(case, int) else case
    run = sim.run(sim.load_scenario("tiny", **values), tmp_path / "run")
    out = console()
    for parts in (run_brief, run_full):
        show(out, parts(of_runs([run]), [run], f"{run.path}", out.width))
    assert all(finding.passed for finding in check_run(run.path)), values
    if not isinstance(case, int) or case % WITH_PAGE == 0:
        assert "<html" in page([[run]])
