"""Every kind of measure bites: off, at work and doubled, it moves a named outcome by more than chance.

A run of three small provinces has no measure but the one that is tried, and what that one needs; its strength is far
from what any country does, so that few replicates tell. What of a measure moves nothing but its own count is a
counter.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import fmean, stdev
from typing import Any, Literal, get_args, get_origin

import pytest

import sim
from sim.experiments.pairing import half_width
from sim.scenario.load import changed
from sim.scenario.schema.measures import Measure
from tests.scenario.bundled import bundled
from tests.slots import TINY

SEEDS = (11, 12, 13)
PERIOD = {"start": "2022-01-24", "end": "2022-01-27", "warmup": "1 d"}
ALWAYS = ["2021-01-01", None]
SPREAD = ["2022-01-23", "2022-01-27"]
DAY = 24
FEW_LEGITIMATE = {f"population.legitimate.{channel}": "5000 per day" for channel in ("call", "sms", "online")}

GANGS = {
    "pools": None,
    **{"start": 1.0, "recruiting": "6 per year", "reopens_with": 0.5, "crew_share": 1.0, "slower": 2.0},
    "answer": {"shift": 0.0, "supply": 1.0, "lag": "1 d", "usual": {"call": 0.12, "sms": 0.12, "online": 0.12}},
}
POOLS = {
    "gangs": {
        "pools": {
            **{"members": 20_000, "abroad": 0.6, "since": "2022-01-23", "capacity": 1.5, "crew": 6.3},
            **{"recruiting": "2 per year", "arriving": "0 per year", "arriving_abroad": 0.5, "leaving": "0 per year"},
            **{"removed": {"home": "1 per year", "abroad": "0 per year"}, "leaderless": "90 d"},
        }
    }
}
CENTRAL = {"kind": "warning", "window": ALWAYS, "detector": "central", "coverage": 0.8}
PURGE = {"kind": "card_purge", "window": ALWAYS, "intensity": 0.3}


@dataclass(frozen=True)
class Bite:
    """A measure at work, what of it is other when it is doubled, and the outcome that it moves.

    Attributes:
        kind: Of the measure.
        own: Its values beside kind and window.
        doubled: Those that are others.
        outcome: A total, or a figure.
        up: Whether more of the measure is more of the outcome.
        window: Its window.
        exact: Whether nothing but the measure is other in these runs, so that no difference is by chance.
        beside: Other measures of the same run.
        values: Other values of the scenario, by dotted key.
    """

    kind: str
    own: Mapping[str, Any]
    doubled: Mapping[str, Any]
    outcome: str
    up: bool = True
    window: Any = field(default_factory=lambda: ALWAYS)
    exact: bool = False
    beside: Mapping[str, Any] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)

    def measures(self, doubled: bool) -> dict[str, Any]:
        """Return all measures of its run."""
        return {"tried": {"kind": self.kind, "window": self.window, **self.own, **(self.doubled if doubled else {})}}


FATE = "attempts_by_fate."
CLUSTER = {"count": 10, "arrests": 0}
LAW = {"deterrence": 0.0, "replacement_factor": 1.0, "data_sharing": 0.0}
VIDEOS, ACTIVITIES = {"count": 1, "views": 20_000}, {"count": 100, "people": 60}
SEGMENTS = {"schools": 0.25, "enterprises": 0.25, "rural_areas": 0.25, "communities": 0.25}
TAUGHT = {
    "engagement.awareness": {"start": 0.0, "half_life": "90 d", "effect": 0.8, "per_view": 1, "per_attendance": 1}
}
RAIDS = {f"dens.hazard.{region}": "20 per year" for region in ("east", "south", "elsewhere", "overseas")}
DENS = {**TINY, "dens.slots": 400, "dens.weight_sigma": 0.0, "dens.types_per_den": 8}
QUICK = {"aftermath.stop_payment": {"share": 0.9, "half_life": "10 min"}}
DELAY = {"intensity": 1, "wait": "24 h", "second_thoughts": "48 h"}
TRANSFERS = {
    "population.transfers": {"number": "0.05 per day", "amount": {"median": 500, "sigma": 1.8}, "new_payee": 0.1}
}
IN_ACCOUNTS: dict[str, Any] = {
    "exact": True,
    "values": {
        "accounts": {
            **{"stock": 4000, "frozen_by_case": 0.0, "found": 0.0, "replacement": "2 d"},
            "withdrawal_delay": {"lognormal": {"median": "40 min", "sigma": 1.6}},
        },
        "aftermath.report": {"probability": 1.0, "delay": {"lognormal": {"median": "1 h", "sigma": 1.5}}},
    },
}
UNWARNED: dict[str, Any] = {
    "exact": True,
    "values": {"warning.dissuasion.stop": dict.fromkeys(("app", "sms", "call", "visit"), 0.0), "feedback": False},
}
BLOCKED = ("account", "site", "hosting", "app", "diversion", "promotion")

BITES: dict[str, Bite] = {
    "den campaign": Bite(
        "den_campaign",
        {"region": "south", "intensity": 5},
        {"intensity": 10},
        f"{FATE}den_destroyed",
        values={**DENS, **RAIDS},
    ),
    "card purge": Bite("card_purge", {"intensity": 0.1}, {"intensity": 0.2}, f"{FATE}card_eliminated"),
    "real name": Bite(
        "real_name", {"replacement_factor": 2}, {"replacement_factor": 4}, f"{FATE}card_eliminated", beside={"p": PURGE}
    ),
    **{
        f"filter of {channel}": Bite(
            "filter", {"channel": channel, "intensity": 0.5}, {"intensity": 1}, f"{figure}_intercepted"
        )
        for channel, figure in (("sms", "sms"), ("call", "calls"))
    },
    **{
        f"regulation: {target}": Bite(
            "source_regulation", {"target": target, "intensity": 0.2}, {"intensity": 0.4}, f"{FATE}not_sent"
        )
        for target in ("sms_port", "cloud_service", "voice_line")
    },
    **{
        f"label of {channel}": Bite(
            "label", {"channel": channel, "intensity": 0.2}, {"intensity": 0.4}, f"{FATE}unanswered"
        )
        for channel in ("call", "sms", "online")
    },
    **{
        f"blocking: {target}": Bite(
            "blocking",
            {"target": target, "intensity": 0.5},
            {"intensity": 1},
            f"{FATE}site_blocked",
            values={f"sites.{target}": 0.4},
        )
        for target in BLOCKED
    },
    "videos": Bite("videos", VIDEOS, {"views": 40_000}, "episodes", up=False, window=SPREAD, values=TAUGHT),
    "activities": Bite(
        "activities", {**ACTIVITIES, "segments": SEGMENTS}, {"count": 200}, "episodes", False, SPREAD, values=TAUGHT
    ),
    "people of activities": Bite(
        "activities", {**ACTIVITIES, "segments": SEGMENTS}, {"people": 120}, "episodes", False, SPREAD, values=TAUGHT
    ),
    **{
        f"{detector} warning": Bite("warning", {"detector": detector, "coverage": 0.4}, {"coverage": 0.8}, "saved")
        for detector in ("central", "local")
    },
    **{
        f"outage that {mode}s, {detector}": Bite(
            "outage",
            {"detector": detector, "mode": mode},
            {"window": ["2022-01-24", "2022-01-27"]},
            "saved",
            False,
            ["2022-01-24", "2022-01-25"],
            beside={"w": {**CENTRAL, "detector": detector}},
        )
        for detector, mode in (("central", "lose"), ("central", "delay"), ("local", "lose"))
    },
    "law: deterrence": Bite("law", {**LAW, "deterrence": 0.2}, {"deterrence": 0.4}, f"{FATE}not_sent"),
    "law: cards": Bite(
        "law",
        {**LAW, "replacement_factor": 2},
        {"replacement_factor": 4},
        f"{FATE}card_eliminated",
        beside={"p": PURGE},
    ),
    "law: data": Bite(
        "law", {**LAW, "data_sharing": 0.5}, {"data_sharing": 1}, "alerts_central", beside={"w": CENTRAL}
    ),
    "repatriation": Bite(
        "repatriation",
        {"dens": 40, "suspects": 20},
        {"dens": 80},
        f"{FATE}den_destroyed",
        window=["2022-01-24", None],
        values=DENS,
    ),
    "those brought home": Bite(
        "repatriation",
        {"dens": 5, "suspects": 2000},
        {"suspects": 4000},
        "suspects_arrested",
        window=["2022-01-24", None],
    ),
    "returns": Bite(
        "returns",
        {"intensity": "30 per year", "members": 0.5, "arrested": 0.5},
        {"intensity": "60 per year"},
        "attempts_potential",
        up=False,
        values=POOLS,
    ),
    "returns of others": Bite(
        "returns",
        {"intensity": "10 per year", "members": 0.8, "arrested": 0.5},
        {"members": 0.4},
        "returned",
        values=POOLS,
        exact=True,
    ),
    "returns: arrests": Bite(
        "returns",
        {"intensity": "30 per year", "members": 0.5, "arrested": 0.3},
        {"arrested": 0.6},
        "suspects_arrested",
        values=POOLS,
    ),
    "bank hold": Bite("bank_hold", {"intensity": 0.3}, {"intensity": 0.6}, "loss_money", up=False, values=TINY),
    "false holds": Bite(
        *("bank_hold", {"intensity": 0.1, "false_share": 0.01}, {"false_share": 0.02}, "false_holds"), values=TRANSFERS
    ),
    "payment delay": Bite(
        "payment_delay", {**DELAY, "intensity": 0.4}, {"intensity": 0.8}, "loss_money", up=False, values=TINY
    ),
    "delay above an amount": Bite(
        *("payment_delay", {**DELAY, "above": 60_000}, {"above": 10_000}, "loss_money"), up=False
    ),
    "delay of first payments": Bite(
        *("payment_delay", {**DELAY, "payee": "new", "wait": "12 h"}, {"wait": "96 h"}, "loss_money", False), **UNWARNED
    ),
    "delay of the old": Bite(
        *("payment_delay", {**DELAY, "ages": [40, None]}, {"ages": [18, None]}, "loss_money", False), **UNWARNED
    ),
    "second thoughts": Bite("payment_delay", DELAY, {"second_thoughts": "6 h"}, "held_money"),
    "calls of banks": Bite(
        "payment_delay",
        {**DELAY, "second_thoughts": None, "bank_call": {"share": 0.4, "after": "1 h", "stops": 0.4}},
        {"bank_call": {"share": 0.8, "after": "1 h", "stops": 0.8}},
        "held_money",
        values=TINY,
    ),
    "early releases": Bite(
        "payment_delay",
        {**DELAY, "release": {"share": 0.9, "after": "1 h"}},
        {"release": {"share": 0.1, "after": "1 h"}},
        "held_money",
        **UNWARNED,
    ),
    "campaigns: false holds": Bite(
        "cluster_campaign",
        {**CLUSTER, "hold": 0.1, "false_share": 0.01},
        {"false_share": 0.02},
        "false_holds",
        window=SPREAD,
        values=TRANSFERS,
    ),
    **{
        f"account freeze: {key}": Bite(
            "account_freeze",
            {"share": 0.3, "after": "20 min", "false_share": 0.5},
            {key: value},
            outcome,
            **IN_ACCOUNTS,
        )
        for key, value, outcome in (
            ("share", 0.9, "recovered_money"),
            ("after", "1 min", "recovered_money"),
            ("false_share", 2.0, "false_freezes"),
        )
    },
    **{
        f"account purge: {key}": Bite(
            "account_purge",
            {"intensity": 0.3, "replacement_factor": 1.5, "false_share": 0.5},
            {key: value},
            outcome,
            **IN_ACCOUNTS,
        )
        for key, value, outcome in (
            ("intensity", 0.9, "recovered_money"),
            ("replacement_factor", 20.0, "recovered_money"),
            ("false_share", 2.0, "false_freezes"),
        )
    },
    "campaigns: cards": Bite(
        "cluster_campaign",
        {**CLUSTER, "replacement_factor": 2},
        {"replacement_factor": 4},
        f"{FATE}card_eliminated",
        window=SPREAD,
        beside={"p": PURGE},
    ),
    "campaigns: arrests": Bite(
        "cluster_campaign",
        {**CLUSTER, "arrests": 20},
        {"arrests": 40},
        "attempts_potential",
        False,
        SPREAD,
        values={**TINY, "gangs": {**GANGS, "answer": None}},
    ),
    "campaigns: count": Bite(
        "cluster_campaign",
        {**CLUSTER, "arrests": 20},
        {"count": 20},
        "attempts_potential",
        False,
        SPREAD,
        values={**TINY, "gangs": {**GANGS, "answer": None}},
    ),
    "campaigns: reach of money": Bite(
        "cluster_campaign",
        {**CLUSTER, "half_life_factor": 4},
        {"half_life_factor": 16},
        "recovered_money",
        window=SPREAD,
        values=QUICK,
        exact=True,
    ),
    "campaigns: holds": Bite(
        "cluster_campaign", {**CLUSTER, "hold": 0.3}, {"hold": 0.6}, "loss_money", False, SPREAD, values=TINY
    ),
    "campaigns: cash": Bite(
        "cluster_campaign",
        {**CLUSTER, "cash_loss": 0.4},
        {"cash_loss": 0.8},
        "attempts_potential",
        False,
        SPREAD,
        values={**TINY, "gangs": GANGS},
    ),
}
"""What each measure does, by what is tried of it."""

COUNTERS = {("videos", "count"): "what teaches is views"}
"""Keys that nothing but their own count and cost depends on, and why."""

STRUCTURE = {
    "kind",
    "window",
    "provinces",
    "province_weights",
    "ramp",
    "steps",
    "segments",
    "region",
    "classes",
    "ages",
}
"""Keys that say where, when, how gradually and to whom, but not how much."""


def kinds() -> dict[str, Any]:
    """Return the models of measures by their kind."""
    union = get_args(Measure)[0]
    return {get_args(model.model_fields["kind"].annotation)[0]: model for model in get_args(union)}


def test_every_kind_and_every_key_of_it_is_tried_or_a_counter() -> None:
    tried = {(one.kind, key) for one in BITES.values() for key in one.doubled}
    for kind, model in kinds().items():
        numbers = {key for key in model.model_fields if key not in STRUCTURE}
        choices = {key for key in numbers if get_origin(model.model_fields[key].annotation) is Literal}
        keys = {(kind, key) for key in numbers - choices}
        assert keys <= tried | set(COUNTERS), kind
        for key in choices:
            allowed = set(get_args(model.model_fields[key].annotation))
            default = model.model_fields[key].default
            assert {one.own.get(key, default) for one in BITES.values() if one.kind == kind} == allowed, (kind, key)
    assert {one.kind for one in BITES.values()} == set(kinds())
    assert not tried & set(COUNTERS)


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return what runs a scenario of one seed with these measures, once, and reads an outcome of it."""
    folder = tmp_path_factory.mktemp("bites")
    loaded: dict[str, sim.Scenario] = {}
    made: dict[str, sim.Run] = {}

    def outcome(seed: int, measures: Mapping[str, Any], values: Mapping[str, Any], name: str) -> float:
        asked = {"period": PERIOD, "measures": dict(measures), **FEW_LEGITIMATE, **values}
        policy = json.dumps(asked, sort_keys=True)
        key = f"{policy} {seed}"
        if policy not in loaded:
            loaded[policy] = sim.load_scenario("tiny", **asked)
        if key not in made:
            scenario = changed(loaded[policy], {"seed": seed})
            made[key] = sim.run(scenario, folder / str(len(made)), events="none", workers=1)
        run = made[key]
        return float(run.totals[name]) if name in run.totals else float(run.figure(name) or 0)

    return outcome


QUICK = ("card purge", "filter of sms", "central warning", "payment delay", "returns")


@pytest.mark.parametrize(
    "name", [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in BITES]
)
def test_off_at_work_and_doubled_move_an_outcome_by_more_than_chance(name: str, outcomes: Any) -> None:
    bite = BITES[name]
    absent = dict.fromkeys(bundled("tiny").spec.measures)
    found = [
        [outcomes(seed, {**absent, **bite.beside, **own}, bite.values, bite.outcome) for seed in SEEDS]
        for own in ({}, bite.measures(doubled=False), bite.measures(doubled=True))
    ]
    for less, more in pairwise(found):
        moved = [(two - one) * (1 if bite.up else -1) for one, two in zip(less, more, strict=True)]
        assert bite.exact or fmean(moved) > half_width(stdev(moved), len(moved)), (less, more)
        assert min(moved) > 0
