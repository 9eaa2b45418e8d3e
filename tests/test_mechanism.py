"""The tables of the mechanism under load: their policies are what their rows say, their cells what runs counted."""

import math
import re
from pathlib import Path
from typing import Any

import pytest

import sim
from benchmarks import mechanism
from benchmarks.documents import written
from benchmarks.mechanism import (
    MONTHLY,
    QUICK_RED,
    SECTIONS,
    Policy,
    difference,
    facts,
    price,
    scenario_of,
    spread,
    table,
    within,
)
from sim.base.days import MINUTE_MS
from sim.base.words import Discipline, Tier
from sim.reading.costs import COST, COST_HIGH, COST_LOW, PARTS, TOTAL
from sim.scenario import Scenario, load_scenario

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "mechanism.md"


@pytest.fixture(scope="module")
def flagship() -> Scenario:
    return load_scenario("china-2022", {"population.pool": "country"}, scale=0.005)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> sim.Run:
    return sim.run(load_scenario("tiny"), tmp_path_factory.mktemp("mechanism") / "run")


def policies(section: str, own: Scenario) -> dict[str, Scenario]:
    """Return the scenarios of a table by the names of its rows."""
    return {one.name: scenario_of(one, own, 7) for one in SECTIONS[section].policies(own)}


@pytest.mark.parametrize("section", SECTIONS)
def test_every_row_is_another_policy_for_the_same_people(section: str, flagship: Scenario) -> None:
    made = list(policies(section, flagship).values())
    assert len({one.sha256 for one in made}) == len(made) > 5
    assert {one.spec.seed for one in made} == {7}
    assert {(one.spec.scale, one.spec.population.pool) for one in made} == {(0.005, "country")}
    assert all(one.spec.population == flagship.spec.population for one in made)


def test_staff_thresholds_and_deadlines_are_moved_as_rows_say(flagship: Scenario) -> None:
    own = flagship.spec
    for name, made in policies("staff", flagship).items():
        assert made.spec.desks.call.staff == pytest.approx(float(name) * own.desks.call.staff)
        assert made.spec.desks.visit.staff == pytest.approx(float(name) * own.desks.visit.staff)
        assert made.spec.desks.visit.growth == own.desks.visit.growth
    for name, made in policies("thresholds", flagship).items():
        for detector in ("central", "local"):
            before, after = (getattr(one.warning.detectors, detector).thresholds for one in (own, made.spec))
            for tier in Tier.labels():
                assert getattr(after, tier) - getattr(before, tier) == pytest.approx(float(name)), tier
    for section, tiers in (("red-deadline", ["red"]), ("all-deadlines", Tier.labels())):
        for name, made in policies(section, flagship).items():
            hours = int(name.removesuffix(" h"))
            for tier in Tier.labels():
                expected = hours * 60 * MINUTE_MS if tier in tiers else getattr(own.warning.tiers, tier).deadline
                assert getattr(made.spec.warning.tiers, tier).deadline == expected


def test_rules_of_dispatch_are_those_of_their_rows(flagship: Scenario) -> None:
    rules, few = (policies(section, flagship) for section in ("dispatch", "few-dispatch"))
    assert list(few) == [name for name in rules if not name.startswith("visit-only")]
    for name, made in few.items():
        assert made.spec.desks.visit.staff == flagship.spec.desks.visit.staff / 2
        same = made.spec.desks.visit.model_copy(update={"staff": flagship.spec.desks.visit.staff})
        assert rules[name].spec.desks.visit == same
        assert rules[name].spec.warning == made.spec.warning
    disciplines = [made.spec.desks.call.discipline for made in rules.values()]
    assert {disciplines.count(label) for label in Discipline.labels()[1:]} == {2}
    lending = {(made.spec.desks.call.lends, made.spec.desks.visit.lends) for made in rules.values()}
    assert lending == {(False, False), (True, False), (False, True), (True, True)}
    firsts = [made.spec.warning.tiers.red.first for made in rules.values()]
    assert firsts.count(["call"]) == 1
    assert firsts.count(["visit"]) == len(Discipline) + 1
    assert sum(made.spec.warning.tiers.red.also_if_reached for made in rules.values()) == 1


def test_facts_are_what_the_tables_of_a_run_say(finished: sim.Run) -> None:
    found = facts(finished)
    assert (found["victims"], found["saved"]) == (finished.totals["victims"], finished.totals["saved"])
    assert found["cost_money.total"] == finished.totals["cost_money.total"]
    month = finished.scenario.spec.period.end.replace(day=1).isoformat()
    red = finished.alerts[(finished.alerts["day"].astype(str) >= month) & (finished.alerts["tier"] == "red")]
    assert found["reached_red"] == pytest.approx(red.loc[red["end"] == "reached", "count"].sum() / red["count"].sum())
    first = finished.first_contacts
    first = first[(first["month"].astype(str) >= month) & (first["tier"] == "red")].groupby("bin")["count"].sum()
    hours = [first[first.index <= minutes * MINUTE_MS].sum() / red["count"].sum() for minutes in (64, 128)]
    assert hours[0] < found[QUICK_RED] < hours[1]
    hours = finished.hours[(finished.hours["month"].astype(str) >= month) & (finished.hours["channel"] == "visit")]
    assert found["utilisation_visit"] == pytest.approx(hours["busy_ms"].sum() / hours["staffed_ms"].sum())


def test_bins_are_cut_where_the_logarithm_says() -> None:
    bins = [(MINUTE_MS, 5), (64 * MINUTE_MS, 10), (128 * MINUTE_MS, 20), (256 * MINUTE_MS, 40)]
    assert float(within(bins, 128)) == 35
    assert float(within(bins, 120)) == pytest.approx(15 + 20 * math.log2(120 / 64))
    assert float(within([], 120)) == 0


def test_a_mean_has_half_of_its_interval_beside_it() -> None:
    # Student's t for two samples is 12.706, and their standard error half of their distance.
    assert spread([1000.0, 1002.0], "{:,.0f}") == "1,001 ± 13"
    assert spread([0.5], "{:.1%}") == "50.0%"
    assert spread([0.10, 0.12], "{:.1%}") == "11.0% ± 12.7"
    assert spread([30.0, 32.0], "{:,.0f} min") == "31 min ± 13"
    assert spread([30.0, None], "{:,.0f} min") == "–"


def outcome(victims: float, cost: float) -> dict[str, float]:
    costs = {f"{key}.{part}": 0.0 for key in (COST, COST_LOW, COST_HIGH) for part in PARTS}
    return {**costs, f"{COST}.{TOTAL}": cost, "victims": victims}


@pytest.mark.parametrize(
    ("victims", "cost", "told"),
    [
        ((-100, -100), (1000, 1000), r"^10 \(10 to 10\)$"),
        ((100, 100), (-1000, -1000), r"^saves 10 \(10 to 10\)$"),
        ((100, 110), (1000, 1000), "^dearer, more victims$"),
        ((-100, -110), (-1000, -1000), "^cheaper, fewer victims$"),
        ((-100, 90), (1000, 1000), "^cannot be told$"),
        ((0, 0), (0, 0), "^cannot be told$"),
    ],
)
def test_a_price_is_told_where_there_is_one(victims: Any, cost: Any, told: str) -> None:
    base = [outcome(10_000, 5_000)] * 2
    own = [outcome(10_000 + more, 5_000 + dearer) for more, dearer in zip(victims, cost, strict=True)]
    assert re.search(told, price(base, own))
    assert difference(base, own).startswith(f"{sum(victims) / 2 / 1e3:+,.1f} ± ")


def test_a_table_goes_between_its_markers_and_nowhere_else() -> None:
    text = "a\n<!-- staff: begin -->\nold\n<!-- staff: end -->\nb\n"
    assert written(text, "staff", "| new |") == "a\n<!-- staff: begin -->\n| new |\n<!-- staff: end -->\nb\n"
    with pytest.raises(ValueError, match="one pair"):
        written(text, "thresholds", "| new |")


def test_rows_are_beside_the_scenario_and_their_own_row_is_bare() -> None:
    base = [{**outcome(1e6 + seed, 5e6), **dict.fromkeys((*MONTHLY, QUICK_RED), 0.5), "saved": 3e5} for seed in (1, 2)]
    more = [{**one, "victims": one["victims"] + 2000} for one in base]
    head, _, own, other = table("staff", [Policy("1"), Policy("0.5")], base, [base, more]).splitlines()
    names, *cells = ([cell.strip() for cell in line.split("|")] for line in (head, own, other))
    bare, beside = (dict(zip(names, line, strict=True)) for line in cells)
    assert bare["difference"] == bare["yuan a victim spared"] == ""
    assert beside["difference"] == "+2.0 ± 0.0"
    assert beside["victims"] == "1,002 ± 0"
    assert beside["red reached"] == "50.0 % ± 0.0"


def test_the_document_has_a_row_for_every_policy(flagship: Scenario) -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    for name, section in SECTIONS.items():
        lines = re.search(f"<!-- {name}: begin -->\n(.*?)\n<!-- {name}: end -->", text, re.DOTALL)
        assert lines, name
        rows = [line.split("|")[1].strip() for line in lines[1].splitlines()]
        assert rows[0] == section.head
        assert rows[2:] == [one.name for one in section.policies(flagship)]


@pytest.mark.slow
def test_the_command_prints_tables_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(mechanism, "DEADLINES", (1, 24))
    document = tmp_path / "document.md"
    document.write_text("<!-- red-deadline: begin --><!-- red-deadline: end -->", encoding="utf-8")
    command = ["tiny", "--scale", "1", "--seeds", "2", "--only", "red-deadline", "--out", str(tmp_path / "out")]
    mechanism.main([*command, "--write", str(document)])
    printed = capsys.readouterr().out
    assert [line.split("|")[1].strip() for line in printed.splitlines() if line.startswith("| ")][2:] == ["1 h", "24 h"]
    assert document.read_text(encoding="utf-8").count("\n| ") == 4
    before = (tmp_path / "out" / "journal.jsonl").read_bytes()
    mechanism.main(command)
    assert capsys.readouterr().out == printed
    assert (tmp_path / "out" / "journal.jsonl").read_bytes() == before
