"""A finding where a period begins long after the day for which the beginning of gangs is stated."""

from dataclasses import replace
from datetime import date

import pytest

from sim.base.days import day_number
from sim.reading.findings import HALF_A_YEAR, gangs_begin_late
from sim.scenario import load_scenario
from sim.store.columns import Scope
from tests.slots import TINY

REFERENCE = day_number(date(2021, 1, 1))


@pytest.fixture(scope="module")
def scope() -> Scope:
    return Scope.of(load_scenario("china-2022"))


def test_the_flagship_begins_when_its_gangs_do(scope: Scope) -> None:
    assert scope.gangs_as_on == REFERENCE
    assert list(gangs_begin_late(scope)) == []
    crews = load_scenario("singapore")
    assert Scope.of(crews).gangs_as_on == day_number(crews.spec.fraud.reference)
    assert list(gangs_begin_late(Scope.of(load_scenario("china-2023")))) == []


@pytest.mark.parametrize(("warmup", "found"), [(0, 1), (31, 1), (32, 0), (200, 0)])
def test_the_first_simulated_day_counts(scope: Scope, warmup: int, found: int) -> None:
    first = REFERENCE + HALF_A_YEAR + 32
    late = replace(scope, first_day=first, last_day=first + 60, warmup_days=warmup)
    rows = list(gangs_begin_late(late))
    assert len(rows) == found
    if rows:
        assert rows[0]["value"] == HALF_A_YEAR + 32 - warmup
        assert f"{HALF_A_YEAR + 32 - warmup} days later" in rows[0]["sentence"]
        assert "1 January 2021" in rows[0]["sentence"]


def test_where_there_are_no_gangs_nothing_is_found(scope: Scope) -> None:
    assert list(gangs_begin_late(replace(scope, first_day=REFERENCE + 900, gangs_as_on=None))) == []
    assert Scope.of(load_scenario("tiny", **TINY)).gangs_as_on is None
