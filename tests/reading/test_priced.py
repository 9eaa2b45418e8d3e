"""Every key and every kind of measure has a price or a reason why it has none; what moves one without is found."""

from typing import Any, get_args

import pytest

import sim
from sim.reading.quantities import OTHER, PARTS, PRICES, entry_of, not_priced
from sim.scenario.keys import every_key
from sim.scenario.levers import NO_LEVERS, levers
from sim.scenario.resolved import HOW_IT_IS_RUN
from sim.scenario.schema.measures import Measure

NO_PRICE = (*NO_LEVERS, *(".".join(map(str, path)) for path in HOW_IT_IS_RUN))
"""Keys that are no levers at all."""


def test_every_key_has_a_price_or_a_reason() -> None:
    untold = [
        key
        for key in every_key()
        if entry_of(key) is None
        and not any(f"{key}.".startswith(f"{own}.") for own in NO_PRICE)
        and not any(entry.startswith(f"{key}.") for entry in PRICES)  # sections that have entries below them
        and key != "measures"
    ]
    assert untold == []


def test_every_kind_of_measure_has_a_price_or_a_reason() -> None:
    (union, _) = get_args(Measure)
    kinds = {get_args(model.model_fields["kind"].annotation)[0] for model in get_args(union)}
    assert {f"measures[{kind}]" for kind in kinds} == {
        key for key in PRICES if key.startswith("measures") and key.endswith("]")
    }


def test_every_entry_is_a_key_and_every_price_pays_for_one() -> None:
    keys = set(every_key())
    for key in PRICES:
        assert key in keys or any(one.startswith(f"{key}.") for one in keys), key
    paid = {price for entry in PRICES.values() if not isinstance(entry, str) for price in entry}
    # Two of them pay for no key: a burden that comes with filters, and measures that state their own cost.
    of_transfers = {"transfer.delayed", "transfer.held", "payment_call"}
    assert paid == {part.price for part in PARTS.values() if part.of != OTHER} | of_transfers
    assert all(entry for entry in PRICES.values() if isinstance(entry, str))


def moved(name: str, settings: dict[str, Any], **costs: str) -> list[str]:
    base, other = sim.load_scenario(name, costs), sim.load_scenario(name, {**costs, **settings})
    return [lever.key for lever in not_priced(base, other, levers(base, other))]


@pytest.mark.parametrize(
    ("settings", "without"),
    [
        ({"desks.visit.staff": "60", "warning.tiers.red.deadline": "2 h"}, []),
        ({"warning.detectors.central.thresholds.red": "4.9"}, []),
        ({"warning.detectors.central.shift": "0.1"}, ["warning.detectors.central.shift"]),
        ({"interception.sms.d_prime": "2.5", "desks.call.staff": "90"}, ["interception.sms.d_prime"]),
        ({"measures.videos-2022.count": "9"}, []),
        ({"measures.videos-2022.views": "9"}, ["measures.videos-2022.views"]),
        ({"measures.videos-2022": "null"}, []),
        ({"measures.hold": "{kind: bank_hold, window: [2022-01-24, null], intensity: 0.1}"}, ["measures.hold"]),
        ({"costs.wage.call": "1"}, []),
    ],
)
def test_levers_without_a_price_are_found(settings: dict[str, str], without: list[str]) -> None:
    assert moved("tiny", settings) == without


HOLD = "measures.hold"
HOLDS = "{kind: bank_hold, window: [2022-01-24, null], intensity: 0.1}"


@pytest.mark.parametrize(
    ("base", "other", "without"),
    [
        ({}, {HOLD: HOLDS}, [HOLD]),
        ({}, {HOLD: HOLDS, "costs.measures": "{hold: 365 per year}"}, []),
        ({HOLD: HOLDS, "costs.measures": "{hold: 1 per day}"}, {f"{HOLD}.intensity": "0.2"}, [f"{HOLD}.intensity"]),
        (
            {HOLD: HOLDS, "costs.measures": "{hold: 1 per day}"},
            {f"{HOLD}.intensity": "0.2", "costs.measures": "{hold: 2 per day}"},
            [],
        ),
    ],
)
def test_a_measure_may_state_its_own_cost(base: dict[str, str], other: dict[str, str], without: list[str]) -> None:
    one, two = sim.load_scenario("tiny", base), sim.load_scenario("tiny", {**base, **other})
    assert [lever.key for lever in not_priced(one, two, levers(one, two))] == without
    assert bool(not_priced(two, one, levers(two, one))) == bool(without)


def test_without_its_price_nothing_has_one() -> None:
    assert moved("tiny", {"desks.visit.staff": "60"}, costs="null") == ["desks.visit.staff"]
    base, other = sim.load_scenario("tiny", {"costs": "null"}), sim.load_scenario("tiny", {"desks.visit.staff": "60"})
    assert [one.key for one in not_priced(base, other, levers(base, other))][-1] == "desks.visit.staff"


PRICED = {
    "population.transfers": "{number: 0.05 per day, amount: {median: 500, sigma: 1.8}, new_payee: 0.1}",
    "costs.transfer": "{delayed: 5, held: 50}",
}
DELAY = "kind: payment_delay, window: [2022-01-24, null], intensity: 1, wait: 24 h"
BANK_HOLD = "kind: bank_hold, window: [2022-01-24, null], intensity: 0.1"
CALL = "bank_call: {share: 0.3, after: 2 h, stops: 0.4}"


@pytest.mark.parametrize(
    ("measure", "prices", "priced"),
    [
        (DELAY, PRICED, True),
        (DELAY, {}, False),
        (DELAY, {**PRICED, "population.transfers": "null"}, False),
        (f"{DELAY}, {CALL}", {**PRICED, "costs.payment_call": "null"}, False),
        (f"{DELAY}, {CALL}", {**PRICED, "costs.payment_call": "6"}, True),
        (BANK_HOLD, PRICED, False),
        (f"{BANK_HOLD}, false_share: 0.001", PRICED, True),
        (f"{BANK_HOLD}, false_share: 0.001", {}, False),
    ],
)
def test_delays_and_holds_are_priced_if_legitimate_transfers_are_counted(
    measure: str, prices: dict[str, str], priced: bool
) -> None:
    given = {"measures.banks": "null", **prices}
    base, other = (
        sim.load_scenario("tiny", given),
        sim.load_scenario("tiny", {**given, "measures.new": f"{{{measure}}}"}),
    )
    assert [one.key for one in not_priced(base, other, levers(base, other)) if one.key == "measures.new"] == (
        [] if priced else ["measures.new"]
    )


def test_a_measure_that_becomes_one_of_another_kind_has_a_price_if_both_kinds_have() -> None:
    kinds = ("videos, count: 9, views: 9", "bank_hold, intensity: 0.1")
    base, other = (
        sim.load_scenario("tiny", {"measures.one": f"{{kind: {kind}, window: [2022-01-24, 2022-01-25]}}"})
        for kind in kinds
    )
    assert [one.key for one in not_priced(base, other, levers(base, other))] == ["measures.one"]
    assert [one.key for one in not_priced(other, base, levers(other, base))] == ["measures.one"]
