"""The table of systems off and doubled: its rows change what they say, its cells are what runs counted."""

import re
from pathlib import Path
from typing import Any

import pytest

import sim
from benchmarks import systems
from benchmarks.systems import DOUBLED, FATE, MARKER, OFF, SYSTEMS, facts, more_odds, moved, rows
from sim.base.words import Detector
from sim.draws.functions import normal_cdf
from sim.scenario import Scenario, changed, load_scenario

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "mechanism.md"
LAUNDERING = {"half_life_factor": 1.5, "hold": 0.02, "cash_loss": 0.6}
HOME = {"kind": "repatriation", "window": ["2022-01-01", None], "dens": 20, "suspects": 230}


@pytest.fixture(scope="module")
def flagship() -> Scenario:
    return load_scenario("china-2022", {"population.pool": "country"}, scale=0.005)


@pytest.fixture(scope="module")
def full(flagship: Scenario) -> Scenario:
    """The flagship with what it may lack of the systems."""
    campaign = {f"measures.cluster-campaigns.{key}": value for key, value in LAUNDERING.items()}
    own = changed(flagship, campaign)
    return changed(own, {"measures.home": HOME})


def made(scenario: Scenario, name: str) -> tuple[Scenario, Scenario, Scenario]:
    """Return what a system's rows are beside, and the scenarios without it and with twice of it."""
    off, doubled = rows(scenario, [name])
    assert (off.how, doubled.how, off.base) == (OFF, DOUBLED, doubled.base)
    return off.base, off.other, doubled.other


@pytest.mark.parametrize("name", SYSTEMS)
def test_off_and_doubled_are_other_policies_for_the_same_people(name: str, full: Scenario) -> None:
    base, off, doubled = made(full, name)
    assert len({base.sha256, off.sha256, doubled.sha256}) == 3
    for one in (base, off, doubled):
        assert one.spec.population == full.spec.population
        assert one.spec.fraud == full.spec.fraud
        assert (one.spec.period == full.spec.period) is (name != "law")


def test_every_kind_of_measure_of_the_flagship_belongs_to_a_system(full: Scenario) -> None:
    touched = set()
    for name in SYSTEMS:
        base, off, doubled = made(full, name)
        for one in (off, doubled):
            touched |= {key for key, own in base.spec.measures.items() if one.spec.measures.get(key) != own}
    # Filters are doubled as a whole, and blocking by its full effect.
    assert set(full.spec.measures) - touched == {"filter-call", "filter-sms"}


def test_a_scenario_without_a_system_says_so(flagship: Scenario) -> None:
    gone = {f"measures.laundering-campaigns{year}": "null" for year in ("", "-2021")}
    without = load_scenario("china-2022", {"population.pool": "country", **gone}, scale=flagship.spec.scale)
    assert all(row.same for row in rows(without, ["cluster campaigns: laundering"]))
    off, doubled = rows(flagship, ["repatriation"])
    assert (off.same, doubled.same) == (True, False)
    assert doubled.other.spec.measures["brought-home"].dens == 10


def test_intensities_shares_and_rates_are_doubled_to_their_bounds(full: Scenario) -> None:
    own = full.spec

    def doubled(name: str) -> Any:
        return made(full, name)[2].spec

    assert doubled("central warning").measures["warning-central"].coverage == min(
        1.0, 2 * own.measures["warning-central"].coverage
    )
    assert doubled("real name").measures["real-name"].replacement_factor == pytest.approx(
        2 * own.measures["real-name"].replacement_factor - 1
    )
    cards = doubled("cards (flagging and purge)")
    assert cards.cards.flag_share == 2 * own.cards.flag_share
    assert cards.measures["card-purge"].intensity == 2 * own.measures["card-purge"].intensity
    assert doubled("blocking: app").sites.app == 2 * own.sites.app
    assert doubled("case solving").aftermath.investigation.capacity == pytest.approx(
        2 * own.aftermath.investigation.capacity
    )
    assert doubled("arrests").aftermath.suspects.per_case == 2 * own.aftermath.suspects.per_case
    assert doubled("arrests").measures["cluster-campaigns"].arrests == 2 * own.measures["cluster-campaigns"].arrests
    assert doubled("ringleaders").dens.ringleaders.at_raid == min(1.0, 2 * own.dens.ringleaders.at_raid)
    laundering = doubled("cluster campaigns: laundering").measures["cluster-campaigns"]
    assert (laundering.half_life_factor, laundering.hold, laundering.cash_loss) == (2.0, 0.04, 1.0)
    assert doubled("repatriation").measures["home"].dens == 40
    assert doubled("videos").measures["videos-2022"].views == 2 * own.measures["videos-2022"].views


@pytest.mark.parametrize("channel", ["call", "sms"])
def test_a_doubled_filter_has_twice_the_odds(channel: str, flagship: Scenario) -> None:
    def odds(scenario: Scenario) -> float:
        own = getattr(scenario.spec.interception, channel)
        strength = scenario.spec.measures[f"filter-{channel}"].intensity
        recall = normal_cdf(own.d_prime + strength - own.threshold)
        return recall / (1 - recall)

    assert odds(changed(flagship, more_odds(channel)(flagship))) == pytest.approx(2 * odds(flagship), rel=1e-4)


def test_the_law_is_tried_where_it_is_in_force(full: Scenario) -> None:
    base, off, _ = made(full, "law")
    assert base.spec.period.end.isoformat() == off.spec.period.end.isoformat() == "2023-05-31"
    long = changed(full, {"period.end": "2023-12-31"})
    assert made(long, "law")[0].spec.period == long.spec.period


def test_facts_are_those_of_the_run(tmp_path: Path) -> None:
    finished = sim.run(load_scenario("tiny", {"period.end": "2022-01-26", "period.warmup": "1 d"}), tmp_path / "run")
    found = facts(finished)
    assert found["victims"] == finished.totals["victims"] > 0
    assert found["loss_money"] == finished.totals["loss_money"]
    alerts = finished.alerts.groupby("source", observed=True)["count"].sum()
    assert [found[f"alerts_{one}"] for one in Detector.labels()] == [alerts[one] for one in Detector.labels()]
    by_fate = finished.attempts.groupby(["fate", "channel"], observed=True)["count"].sum()
    assert found["sms_intercepted"] == by_fate["intercepted", "sms"] > 0
    assert found[f"{FATE}site_blocked"] == by_fate["site_blocked"].sum() > 0
    assert set(found) == {"victims", "loss_money", *(one.own for one in SYSTEMS.values())}


def test_differences_are_in_per_cent_with_half_of_their_interval() -> None:
    # Student's t for two pairs is 12.706, and the standard error half of the distance of their differences.
    assert moved([(100.0, 110.0), (100.0, 112.0)]) == "+11.00 % ± 12.71"
    assert moved([(200.0, 100.0)]) == "-50.00 %"
    assert moved([(0.0, 3.0), (0.0, 3.0)]) == "+3 ± 0"


def test_the_document_says_of_every_system_what_is_doubled() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert text.count(f"<!-- {MARKER}: begin -->") == text.count(f"<!-- {MARKER}: end -->") == 1
    section = text[text.index("## 8 Each system off and doubled") : text.index(f"<!-- {MARKER}: begin -->")]
    said = re.findall(r"^\| ([^|]+) \| ([^|]+) \| ([^|]+) \|", section, re.MULTILINE)[2:]
    assert [(name, own) for name, own, _ in said] == [
        (name, f"`{one.own.removeprefix(FATE)}`") for name, one in SYSTEMS.items()
    ]
    assert [doubled for *_, doubled in said] == [one.says for one in SYSTEMS.values()]
    table = text[text.index(f"<!-- {MARKER}: begin -->") : text.index(f"<!-- {MARKER}: end -->")]
    written = [line.split(" | ")[:2] for line in table.splitlines()[3:]]
    assert written in ([], [[f"| {name}", how] for name in SYSTEMS for how in (OFF, DOUBLED)])


GANGS = {
    **{"start": 1.0, "recruiting": "6 per year", "reopens_with": 0.5, "crew_share": 0.3, "slower": 2.0},
    "answer": {"shift": 1.5, "supply": 0.5, "lag": "1 d", "usual": {"call": 0.05, "sms": 0.02, "online": 0.1}},
}


@pytest.mark.slow
def test_the_command_prints_the_table_and_goes_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = changed(load_scenario("tiny"), {"gangs": GANGS, "period.end": "2022-01-27", "period.warmup": "1 d"})
    file, document = tmp_path / "mine.yaml", tmp_path / "document.md"
    file.write_text(own.yaml(), encoding="utf-8")
    document.write_text(f"<!-- {MARKER}: begin --><!-- {MARKER}: end -->", encoding="utf-8")
    only = ["filter of SMS", "cluster campaigns: laundering", "repatriation"]
    command = [str(file), "--scale", "1", "--seeds", "2", "--only", ",".join(only), "--out", str(tmp_path / "out")]
    systems.main([*command, "--write", str(document)])
    printed = capsys.readouterr().out
    head, _, *lines = ([cell.strip() for cell in line.strip("|").split("|")] for line in printed.splitlines())
    assert head[2:6] == [
        "victims, gangs still",
        "victims, gangs answering",
        "losses, gangs still",
        "losses, gangs answering",
    ]
    cells = {(line[0], line[1]): line[2:] for line in lines}
    assert list(cells) == [(name, how) for name in only for how in (OFF, DOUBLED)]
    assert all(set(cells["cluster campaigns: laundering", how][:6]) == {"none"} for how in (OFF, DOUBLED))
    still, answering = (cells["filter of SMS", OFF][place] for place in (0, 1))
    assert still.startswith("+")
    assert still != answering
    assert cells["filter of SMS", OFF][4].startswith("-100.00 % ± 0.00")
    assert document.read_text(encoding="utf-8").count("\n| ") == 2 + len(lines)
    before = (tmp_path / "out" / "journal.jsonl").read_bytes()
    systems.main(command)
    assert capsys.readouterr().out == printed
    assert (tmp_path / "out" / "journal.jsonl").read_bytes() == before
