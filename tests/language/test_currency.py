"""Money is told in the currency of the scenario, and in no other."""

import re

import pytest

import sim
from sim.language import UNITS_OF_MONEY, Terms, currency, said, speaking, telling_in
from sim.report.page import page
from sim.scenario import ScenarioError, load_scenario
from sim.scenario.levers import levers
from sim.told.runs import answer
from sim.told.words import quantity_named


def test_a_text_has_the_currency_that_is_counted_in() -> None:
    assert quantity_named("loss_money") == f"lost, {UNITS_OF_MONEY}"
    with telling_in(Terms("crowns")):
        assert quantity_named("loss_money") == "lost, crowns"
        assert quantity_named("losses_change") == "losses of cases, change"
        with telling_in(Terms("yuan")), speaking("zh"):
            assert currency() == "元"
            assert said("{value} {currency}", value="3") == "3元"
        assert currency() == "crowns"


@pytest.fixture(scope="module")
def crowns(tmp_path_factory: pytest.TempPathFactory) -> sim.Run:
    """Give a run of a few days of a country that has crowns."""
    changed = {"period.end": "2024-01-20", "population.pool": "country", "scale": "0.2"}
    return sim.run(load_scenario("example-country", changed), tmp_path_factory.mktemp("run") / "crowns")


def test_everything_that_a_run_tells_is_in_its_currency(crowns: sim.Run) -> None:
    assert "crowns" in answer(crowns)
    html = page([[crowns]])
    assert "crowns" in html
    assert "crowns" in str(crowns.pictures.money().to_dict())
    for text in (answer(crowns), html):
        assert not re.search(rf"\b(yuan|{UNITS_OF_MONEY})\b", text)


def test_a_lever_is_told_in_the_currency_of_the_base() -> None:
    base = load_scenario("china-2022", {"currency": "crowns"})
    (row,) = levers(base, load_scenario("china-2022", {"costs.wage.call": "80"}))
    assert row.told == "costs: wage, call: 60 crowns -> 80 crowns"


def test_the_currency_makes_no_difference_to_a_run_or_to_what_is_stored_of_it() -> None:
    from sim.reading.intervals import policy_digest

    one, other = (load_scenario("china-2022", given) for given in ({}, {"currency": "crowns"}))
    assert policy_digest(one) == policy_digest(other)
    assert levers(one, other) == []


@pytest.mark.parametrize("name", ["", "5 crowns", "<b>", "{x}", "a" * 21])
def test_what_is_no_name_of_a_currency_is_refused(name: str) -> None:
    with pytest.raises(ScenarioError, match="currency"):
        load_scenario("tiny", {"currency": f'"{name}"'})


def test_an_old_name_is_refused_with_the_new_one(crowns: sim.Run) -> None:
    with pytest.raises(ValueError, match="'loss_yuan' is not a quantity; did you mean 'loss_money'"):
        crowns.figure("loss_yuan")
