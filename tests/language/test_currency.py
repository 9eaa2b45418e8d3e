"""Money is told in the currency of the scenario, and in no other."""

import re
import warnings
from pathlib import Path

import pytest

import sim
from sim.base.renamed import RenamedWarning, current
from sim.language.spoken import UNITS_OF_MONEY, Terms, currency, said, speaking, telling_in
from sim.report.page import page
from sim.scenario import ScenarioError, load_scenario
from sim.scenario.levers import levers
from sim.told.answer import answer
from sim.told.vocabulary import quantity_named


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
    from sim.reading.stored_answers import policy_digest

    one, other = (load_scenario("china-2022", given) for given in ({}, {"currency": "crowns"}))
    assert policy_digest(one) == policy_digest(other)
    assert levers(one, other) == []


@pytest.mark.parametrize("name", ["", "5 crowns", "<b>", "{x}", "a" * 21])
def test_what_is_no_name_of_a_currency_is_refused(name: str) -> None:
    with pytest.raises(ScenarioError, match="currency"):
        load_scenario("tiny", {"currency": f'"{name}"'})


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("loss_yuan", "loss_money"),
        ("recovered_fen", "recovered_cents"),
        ("funds_returned_yuan_change", "funds_returned_money_change"),
    ],
)
def test_old_names_work_and_say_how_they_are_called_now(old: str, new: str) -> None:
    with pytest.warns(RenamedWarning, match=f"{old} is now called {new}; version"):
        assert current(old) == new
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert current(new) == new


def test_runs_and_scenarios_take_old_names(crowns: sim.Run, tmp_path: Path) -> None:
    with pytest.warns(RenamedWarning):
        assert crowns.figure("loss_yuan") == crowns.figure("loss_money")
    with pytest.warns(RenamedWarning):
        assert list(crowns.series("loss_fen")) == list(crowns.series("loss_cents"))
    figure = "{name: loss_yuan, window: [2022-01-24, 2022-01-26], value: 5, role: predicted, source: nobody}"
    (tmp_path / "old.yaml").write_text(
        f"schema: 1\nname: old\ntitle: Old?\nextends: tiny\nfigures: [{figure}]\n", encoding="utf-8"
    )
    with pytest.warns(RenamedWarning):
        assert [one.name for one in load_scenario(str(tmp_path / "old.yaml")).spec.figures] == ["loss_money"]
