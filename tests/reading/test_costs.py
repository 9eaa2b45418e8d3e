"""What a run cost, against sums made by hand of what was put in."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import sim
from sim.base.days import HOUR_MS
from sim.base.words import ContactChannel, ContactResult, Outcome, Truth
from sim.reading.figures import totals as totals_in
from sim.reading.manifest import check_conservation
from sim.reading.quantities import ENDS, PARTS, TOTAL, Quantities
from sim.reading.run import quantities, quantity_names
from sim.scenario import changed
from sim.store.columns import NULL, Price, Scope
from sim.store.recorder import Recorder
from sim.store.writer import TableWriter
from tests.synthetic import SCOPE

VALUES = {
    "wage.call": (60.0, 35.0, 105.0),
    "wage.visit": (100.0, 65.0, 200.0),
    "false_alarm.app": (0.5, 0.1, 2.0),
    "false_alarm.sms": (0.25, 0.1, 1.0),
    "false_alarm.call": (4.0, 1.0, 20.0),
    "false_alarm.visit": (30.0, 10.0, 100.0),
    "education.video": (10_000.0, 1000.0, 100_000.0),
    "education.activity": (5000.0, 1000.0, 50_000.0),
    "false_block.call": (2.0, 0.5, 5.0),
    "false_block.sms": (0.5, 0.1, 1.0),
    "transfer.delayed": (5.0, 1.0, 30.0),
    "transfer.held": (50.0, 10.0, 200.0),
    "payment_call": (6.0, 2.0, 20.0),
    "measures": (7000.0, 6000.0, 9000.0),
    "false_freeze": (200.0, 50.0, 1000.0),
}
PRICES = tuple(Price(name, *ends) for name, ends in VALUES.items())
SCALE = Fraction(1, 1000)

# By part: how much of it is put in, as simulated, and by what that is divided.
HOURS = {"desk_call": (7, SCALE), "desk_visit": (3, SCALE)}
HEARD = {
    "false_alarm_app": (2, SCALE),
    "false_alarm_sms": (5, SCALE),
    "false_alarm_call": (11, SCALE),
    "false_alarm_visit": (13, SCALE),
}
FLOWS = {"videos": (17, 1), "activities": (19, 1)}
BLOCKED = {"false_block_call": (23, SCALE), "false_block_sms": (29, SCALE)}
TRANSFERS = {"transfers_delayed": (31, SCALE), "false_holds": (37, SCALE), "payment_calls": (41, SCALE)}
FROZEN = {"false_freezes": (43, SCALE)}
COUNTED = {**HOURS, **HEARD, **FLOWS, **BLOCKED, **TRANSFERS, **FROZEN, "measures": (1, 1)}
KEYS = ("cost_money", "cost_money_low", "cost_money_high")
RATIOS = ("cost_per_saved", "cost_per_averted", "cost_per_prevented_money")


def fill(recorder: Recorder, prevented_cents: int = 400_000, saved: int = 4, averted: int = 3) -> None:
    """Put in what costs, in more than one month and province, and beside it what is alike and costs nothing."""
    first, last = recorder.scope.first_day, recorder.scope.last_day
    for desk in ("call", "visit"):
        code, hours = ContactChannel.of(desk), HOURS[f"desk_{desk}"][0]
        recorder.hours[first, 0, code, 20][1] += HOUR_MS
        recorder.hours[last, 1, code, 21][1] += (hours - 1) * HOUR_MS
        recorder.hours[last, 1, code, 21][0] += 10 * HOUR_MS  # a busy seat is paid no more than an idle one
    results = {"app": "read", "sms": "read", "call": "answered", "visit": "met"}
    for channel, result in results.items():
        for truth in Truth:
            for other in (result, "delivered", "unread", "no_answer", "not_met"):
                # Only what was heard of and was about nothing is a burden.
                is_false_alarm = other == result and truth is Truth.LEGITIMATE
                count = HEARD[f"false_alarm_{channel}"][0] if is_false_alarm else 1000
                key = (last, 2, 1, ContactChannel.of(channel), ContactResult.of(other), truth)
                recorder.contacts[key][0] += count
    recorder.flows[first, NULL, "videos_published"] += 17
    recorder.flows[last, 0, "awareness_activities"] += 19
    recorder.flows[last, NULL, "video_views"] += 10**9
    for channel in ("call", "sms"):
        recorder.flows[last, 0, f"false_blocks_{channel}"] += BLOCKED[f"false_block_{channel}"][0]
    for flow, part in (("transfers_called", "payment_calls"), ("transfers_delayed",) * 2, ("false_holds",) * 2):
        recorder.flows[first, 0, flow] += 2
        recorder.flows[last, 1, flow] += TRANSFERS[part][0] - 2
    recorder.flows[last, 1, "false_freezes"] += FROZEN["false_freezes"][0]
    recorder.flows[last, 1, "transfers_released"] += 10**9
    outcome = recorder.outcomes[last, 0, 0, 0, 0]
    outcome[Outcome.PREVENTED_CENTS] += prevented_cents
    outcome[Outcome.SAVED] += saved
    outcome[Outcome.AVERTED] += averted


def totals_of(folder: Path, scope: Scope, **saved: int) -> dict[str, Any]:
    """Give the totals of a run that counted this."""
    with TableWriter(folder, scope) as writer:
        recorder = Recorder(scope, writer)
        fill(recorder, **saved)
        recorder.close()
    return totals_in(Quantities.read(folder, scope))


def by_hand(end: str) -> dict[str, Fraction]:
    """Give the cost of each part at one end of the prices, from what ``fill`` puts in."""
    place = ENDS.index(end)
    parts = {
        part: Fraction(count) / share * Fraction(str(VALUES[PARTS[part].price][place]))
        for part, (count, share) in COUNTED.items()
    }
    return {**parts, TOTAL: sum(parts.values(), Fraction(0))}


def test_each_part_is_what_was_counted_times_its_price(tmp_path: Path) -> None:
    totals = totals_of(tmp_path, replace(SCOPE, prices=PRICES))
    assert set(PARTS) == set(COUNTED)
    for key, end in zip(KEYS, ENDS, strict=True):
        assert totals[key] == by_hand(end), key
    # 7,000 seat-hours at 60 yuan, 17 videos at 10,000: what is thinned is scaled up, what is not is not.
    assert totals["cost_money"]["desk_call"] == 420_000
    assert totals["cost_money"]["false_alarm_call"] == 44_000
    assert totals["cost_money"]["videos"] == 170_000


def test_a_money_and_a_person_cost_what_the_warnings_cost(tmp_path: Path) -> None:
    """Education keeps people from engaging, who are neither stopped by a warning nor counted."""
    totals = totals_of(tmp_path, replace(SCOPE, prices=PRICES))
    for end in ENDS:
        cost = sum(by_hand(end)[part] for part in (*HOURS, *HEARD))
        assert totals["cost_per_saved"][end] == float(cost / 4000)
        assert totals["cost_per_averted"][end] == float(cost / 3000)
        assert totals["cost_per_prevented_money"][end] == float(cost / 4_000_000)


def test_where_nothing_was_saved_that_has_no_price(tmp_path: Path) -> None:
    totals = totals_of(tmp_path, replace(SCOPE, prices=PRICES), prevented_cents=0, saved=0, averted=0)
    assert {totals[name] for name in RATIOS} == {None}
    assert totals["cost_money"]["total"] == by_hand("value")[TOTAL]


def test_a_scenario_without_prices_has_no_costs(tmp_path: Path) -> None:
    assert [name for name in totals_of(tmp_path, SCOPE) if name.startswith("cost")] == []


def test_prices_are_the_decimal_fractions_that_were_written(tmp_path: Path) -> None:
    """A tenth of a yuan for each of two million contacts is no more than 200,000 yuan."""
    cheap = tuple(replace(price, value=0.1, low=0.1, high=0.1) for price in PRICES)
    totals = totals_of(tmp_path, replace(SCOPE, scale=3e-5, prices=cheap))
    assert totals["cost_money"]["false_alarm_call"] == float(Fraction(11 * 100_000, 3) / 10)
    assert totals["cost_money"]["videos"] == float(Fraction(17, 10))


def test_the_interval_of_a_price_is_its_range(tmp_path: Path) -> None:
    prices = {price.name: price for price in Scope.of(sim.load_scenario("china-2022")).prices}
    assert {part.price for part in PARTS.values()} == {*prices, "measures"}
    assert all(price.low < price.value < price.high for price in prices.values())
    assert prices["wage.call"] == Price("wage.call", 60.0, 35.0, 105.0)
    # What is said without a range is known; what a sweep sets beyond one moves that end.
    known = Scope.of(sim.load_scenario("china-2022", {"costs.wage.call": "80"})).prices
    assert next(price for price in known if price.name == "wage.call") == Price("wage.call", 80.0, 80.0, 80.0)
    beyond = Scope.of(
        changed(sim.load_scenario("china-2022"), {"costs.wage.call": {"value": 500.0, "range": [35, 105]}})
    ).prices
    assert next(price for price in beyond if price.name == "wage.call") == Price("wage.call", 500.0, 35.0, 500.0)
    assert Scope.of(sim.load_scenario("tiny", {"costs": "null"})).prices == ()


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[sim.Run, sim.Run]:
    """Give two runs whose scenarios differ in costs alone."""
    folder = tmp_path_factory.mktemp("costs")
    return (
        sim.run(sim.load_scenario("tiny"), folder / "one", workers=1),
        sim.run(sim.load_scenario("tiny", {"costs.wage.visit": "0", "name": "cheap"}), folder / "other", workers=1),
    )


def test_no_table_depends_on_what_things_cost(runs: tuple[sim.Run, sim.Run]) -> None:
    one, other = runs
    assert one.manifest["scenario_sha256"] != other.manifest["scenario_sha256"]
    for name in ("attempts", "alerts", "contacts", "waits", "hours", "outcomes", "cases", "flows", "state"):
        assert getattr(one, name).equals(getattr(other, name)), name
    moved = {name for name in one.totals.index if one.totals[name] != other.totals[name]}
    paid = {f"{key}.{part}" for key in KEYS for part in ("desk_visit", TOTAL)}
    assert moved == paid | {f"{name}.{end}" for name in RATIOS for end in ENDS}
    assert other.totals["cost_money.desk_visit"] == 0 < one.totals["cost_money.desk_visit"]


def test_policies_that_differ_in_costs_alone_are_compared(runs: tuple[sim.Run, sim.Run]) -> None:
    rows = sim.compare(list(runs)).set_index("quantity")
    one, _ = runs
    paid = one.totals["cost_money.desk_visit"]
    assert rows.loc["cost_money.desk_visit", "difference"] == rows.loc["cost_money.total", "difference"] == -paid
    assert rows.loc["victims", "difference"] == 0


def test_contacts_are_counted_by_what_their_alerts_were_about(runs: tuple[sim.Run, sim.Run]) -> None:
    run, _ = runs
    contacts = run.contacts[run.contacts["truth"] == "legitimate"]
    heard = contacts[contacts["result"].isin(["read", "answered", "met"])].groupby("channel", observed=True)["count"]
    for channel, price in (("app", 0.5), ("sms", 0.25), ("call", 4), ("visit", 30)):
        assert run.totals[f"cost_money.false_alarm_{channel}"] == price * heard.sum()[channel] > 0
    seats = run.hours.groupby("channel", observed=True)["staffed_ms"].sum() / HOUR_MS
    assert run.totals["cost_money.desk_call"] == 60 * seats["call"]
    assert run.totals["cost_money.desk_visit"] == 100 * seats["visit"]


def test_ratios_are_no_quantities_to_compare(runs: tuple[sim.Run, sim.Run]) -> None:
    names = quantity_names(runs[0].scenario)
    assert names == list(quantities(runs[0]))
    assert "cost_money.total" in names
    assert not [name for name in names if name.startswith("cost_per")]


@pytest.mark.parametrize(
    ("key", "part", "amount", "broken"),
    [
        ("cost_money", TOTAL, 1.0, "conservation: cost_money = sum of its parts"),
        ("cost_money_high", "videos", -1.0, "conservation: cost_money_high = sum of its parts"),
        ("cost_money_low", "desk_visit", 1e9, "conservation: every cost is between its low and its high end"),
    ],
)
def test_costs_that_do_not_add_up_are_a_broken_law(
    runs: tuple[sim.Run, sim.Run], key: str, part: str, amount: float, broken: str
) -> None:
    run, _ = runs
    scope = Scope.of(run.scenario)
    totals = run.manifest["totals"]
    assert not [law for law in check_conservation(run.path, totals, scope) if not law.passed]
    wrong = {**totals, key: {**totals[key], part: totals[key][part] + amount}}
    assert broken in [law.name for law in check_conservation(run.path, wrong, scope) if not law.passed]
