"""The table of systems off and doubled: its rows change what they say, its cells are what runs counted."""

import re
from pathlib import Path
from typing import Any

import pytest

import sim
from benchmarks import systems
from benchmarks.systems import DOUBLED, FATE, MARKER, OFF, SYSTEMS, facts, more_odds, moved, rows, table
from sim.base.words import Detector
from sim.draws.functions import normal_cdf
from sim.scenario import Scenario, changed, load_scenario
from tests.equality.scenarios import POOLS
from tests.slots import WITHOUT

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


@pytest.fixture(scope="module")
def crews() -> Scenario:
    """A scenario whose gangs are the crews of dens, and that brings nobody home."""
    return changed(load_scenario("tiny"), {"measures.homecoming": None})


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
        assert (one.spec.fraud == base.spec.fraud) is (one is base or not name.startswith("gangs: "))
        assert (one.spec.period == full.spec.period) is (name != "law")


def test_every_kind_of_measure_of_the_flagship_belongs_to_a_system(full: Scenario) -> None:
    touched = set()
    for name in SYSTEMS:
        base, off, doubled = made(full, name)
        for one in (off, doubled):
            touched |= {key for key, own in base.spec.measures.items() if one.spec.measures.get(key) != own}
    # Filters are doubled as a whole, and blocking by its full effect.
    assert set(full.spec.measures) - touched == {f"filter-{one}" for one in ("call", "sms", "call-2022", "sms-2022")}


def test_a_scenario_without_a_system_says_so(flagship: Scenario) -> None:
    gone = {f"measures.laundering-campaigns{year}": None for year in ("", "-2021")}
    gone |= {"measures.returns-deadline": None, "measures.returns-after": None, "fraud.retry": None}
    missing = ["cluster campaigns: laundering", "returns", "gangs: retries", "gangs: displacement"]
    assert all(row.same for row in rows(changed(flagship, gone), missing))


def test_where_nobody_is_brought_home_a_tenth_of_the_gangs_abroad_are(flagship: Scenario, crews: Scenario) -> None:
    off, doubled = rows(flagship, ["repatriation"])
    assert (off.same, doubled.same) == (True, False)
    home = doubled.other.spec.measures["brought-home"]
    pools = flagship.spec.gangs.pools
    assert home.suspects == pytest.approx(pools.members * pools.abroad / 10, rel=0.001)
    assert home.dens == pytest.approx(home.suspects / pools.crew, rel=0.001)
    # Of 60 slots of dens 0.4 are abroad at first.
    [_, doubled] = rows(crews, ["repatriation"])
    home = doubled.other.spec.measures["brought-home"]
    assert (home.dens, home.suspects) == (2, 2 * crews.spec.dens.crew)


def test_raids_are_removals_from_a_pool_or_rates_of_each_den(flagship: Scenario, crews: Scenario) -> None:
    _, off, doubled = made(flagship, "den raids")
    removed = [one.spec.gangs.pools.removed.home for one in (flagship, off, doubled)]
    assert removed == [removed[0], 0.0, pytest.approx(2 * removed[0])]
    _, off, doubled = made(crews, "den raids")
    own, none, twice = (one.spec.dens.hazard for one in (crews, off, doubled))
    assert own.by_region["east"] > 0
    assert [*none.by_region.values(), none.per_lead] == [0.0] * (1 + len(own.by_region))
    assert twice.by_region == pytest.approx({region: 2 * rate for region, rate in own.by_region.items()})
    assert twice.per_lead == pytest.approx(2 * own.per_lead)


def test_raids_of_campaigns_are_counted_apart_where_gangs_are_pools(flagship: Scenario, crews: Scenario) -> None:
    campaigns = SYSTEMS["den campaigns"]
    assert (campaigns.owns(flagship), campaigns.owns(crews)) == ("dens_campaign", "dens_destroyed")
    group = rows(crews, ["den campaigns"])
    outcomes = {
        (row.sha256, 7): {"victims": 10.0, "loss_money": 10.0, "dens_destroyed": dens}
        for dens, row in zip((50.0, 40.0, 60.0), (group[0].base, *(one.other for one in group)), strict=True)
    }
    _, _, off, doubled = table({"": group}, outcomes, [7]).splitlines()
    assert off.endswith("| -20.00 % | dens_destroyed |")
    assert doubled.endswith("| +20.00 % | dens_destroyed |")


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
    returns = [one.measures["returns-after"].intensity for one in (own, doubled("returns"))]
    assert returns[1] == pytest.approx(2 * returns[0])
    for channel in ("call", "sms"):
        retry, again, elsewhere = (
            getattr(one.fraud.retry, channel)
            for one in (own, doubled("gangs: retries"), doubled("gangs: displacement"))
        )
        assert (again.share, again.displaced) == (min(0.99, 2 * retry.share), retry.displaced)
        assert (elsewhere.share, elsewhere.displaced) == (retry.share, min(1.0, 2 * retry.displaced))


def test_without_retries_attempts_are_as_stated(full: Scenario) -> None:
    assert made(full, "gangs: retries")[1].spec.fraud.retry is None
    _, off, _ = made(full, "gangs: displacement")
    retry = off.spec.fraud.retry
    assert (retry.call.displaced, retry.sms.displaced) == (0.0, 0.0)
    assert retry.call.share == full.spec.fraud.retry.call.share


@pytest.mark.parametrize("channel", ["call", "sms"])
def test_a_doubled_filter_has_twice_the_odds(channel: str, flagship: Scenario) -> None:
    def odds(scenario: Scenario) -> float:
        own = getattr(scenario.spec.interception, channel)
        strength = sum(scenario.spec.measures[f"filter-{name}"].intensity for name in (channel, f"{channel}-2022"))
        recall = normal_cdf(own.d_prime + strength - own.threshold)
        return recall / (1 - recall)

    assert odds(changed(flagship, more_odds(channel)(flagship))) == pytest.approx(2 * odds(flagship), rel=1e-4)


def test_the_odds_of_a_filter_are_those_of_numbers_without_their_own_filter(flagship: Scenario) -> None:
    stricter = {"kind": "filter", "window": ["2021-01-01", None], "channel": "call", "intensity": 0.7}
    own = changed(flagship, {"measures.abroad": {**stricter, "classes": ["abroad"]}})
    assert more_odds("call")(own) == more_odds("call")(flagship)


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
    assert set(found) == {"victims", "loss_money", *(one.owns(finished.scenario) for one in SYSTEMS.values())}
    assert found["returned"] == 0


def test_facts_of_pools_have_returns_and_raids_of_campaigns(tmp_path: Path) -> None:
    window = {"window": ["2022-01-24", None]}
    values = {
        **WITHOUT,
        **{"gangs": {"pools": POOLS}, "period.end": "2022-01-29", "period.warmup": "1 d"},
        "measures.home": {"kind": "returns", **window, "intensity": "9 per year", "members": 0.4, "arrested": 0.5},
        "measures.raids": {"kind": "den_campaign", **window, "region": "east", "intensity": 4},
    }
    finished = sim.run(load_scenario("tiny", **values), tmp_path / "run", events="none")
    found, flows = facts(finished), finished.flows.groupby("quantity", observed=True)["count"].sum()
    for name in ("returned", "dens_campaign"):
        assert found[name] == flows[name] > 0


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


def test_the_document_says_of_every_system_what_a_sceptic_would_say() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    section = text[text.index("### What a sceptic would say") : text.index("## 9 ")]
    said = re.findall(r"^\| ([^|]+) \| ([^|]+) \| ([^|]+) \|", section, re.MULTILINE)[2:]
    assert [name for name, *_ in said] == list(SYSTEMS)


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
    only = ["filter of SMS", "den raids", "returns", "cluster campaigns: laundering"]
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
    for name in ("returns", "cluster campaigns: laundering"):
        assert all(set(cells[name, how][:6]) == {"none"} for how in (OFF, DOUBLED))
    still, answering = (cells["filter of SMS", OFF][place] for place in (0, 1))
    assert still.startswith("+")
    assert still != answering
    assert cells["filter of SMS", OFF][4].startswith("-100.00 % ± 0.00")
    assert cells["den raids", DOUBLED][4].startswith("+")
    assert document.read_text(encoding="utf-8").count("\n| ") == 2 + len(lines)
    before = (tmp_path / "out" / "journal.jsonl").read_bytes()
    systems.main(command)
    assert capsys.readouterr().out == printed
    assert (tmp_path / "out" / "journal.jsonl").read_bytes() == before
