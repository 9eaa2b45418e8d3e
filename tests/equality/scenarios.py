"""Scenarios for comparing engines: provinces and days that are not alike, and random ones.

Where provinces are alike, nobody sees an engine that looks up the wrong one; the same holds for days.
"""

from typing import Any

from hypothesis import strategies as st

from tests.engines.log import TIERS
from tests.engines.small import NO_LEGITIMATE, TWO_DAYS, TYPES, fewer
from tests.engines.test_random_scenarios import changes, lasting, shifts
from tests.slots import REGIONS, TINY

BEGIN = "2022-02-01"
"""The second of the two days on which tests run ``tiny``."""


def measure(kind: str, *provinces: int, since: str = "2022-01-01", until: str | None = None, **values: Any) -> Any:
    """Return a measure in some provinces, from a day on."""
    return {"kind": kind, "provinces": list(provinces), "window": [since, until], **values}


TIES: dict[str, Any] = {
    **fewer(0.5),
    "seed": 9,
    "clock": "15 min",
    "population.exposure.high_share": 0.01,
    "population.victim_before_factor": 6.0,
    "population.exposure.high_contacts": 0.9,
    "warning.dissuasion.fatigue": 0.5,
    "warning.detectors.stages": {"engaged": 4.0, "opened": 4.0, "payment": 4.0},
    "warning.tiers.red.deadline": "4 h",
    "warning.tiers.orange.deadline": "3 h",
    "warning.tiers.yellow.deadline": "4 h",
    "warning.tiers.blue.deadline": "90 min",
    "warning.tiers.orange.retry_wait.call": "15 min",
    "measures.banks.intensity": 0.3,
    "warning.unread_wait": "2 h",
    "measures.outage-of-the-centre.window": ["2022-01-31", "2022-01-31"],
}
"""Many ties, many alerts for few people, and deadlines that often decide."""

UNEVEN: dict[str, Any] = {
    "interception.adaptation": 0.1,
    "interception.retraining": "60 h",
    "population.app.midpoint": BEGIN,
    "population.app.width": "1 d",
    "desks.province_weights": {"11": 2.0, "44": 0.5},
    "warning.dissuasion.awareness_bonus": 0.9,
    "fraud.types.loan_credit.engage": 0.02,
    "fraud.types.customer_service.engage": 0.002,
    "fraud.types.gaming.engage": 0.01,
    "measures.lines-here": measure("source_regulation", 44, target="voice_line", intensity=0.3),
    "measures.ports-there": measure("source_regulation", 65, since=BEGIN, target="sms_port", intensity=0.5),
    "measures.purge-here": measure("card_purge", 44, intensity=0.9),
    "measures.filter-here": measure("filter", 11, 65, channel="call", intensity=-1.5),
    "measures.filter-there": measure("filter", 44, since=BEGIN, channel="sms", intensity=-1.0),
    "measures.accounts-here": measure("blocking", 65, target="account", intensity=1.0),
    "measures.apps-there": measure("blocking", 44, since=BEGIN, target="app", intensity=1.0),
    "measures.holds-here": measure("bank_hold", 44, intensity=0.5),
    "measures.holds-there": measure("bank_hold", 65, since=BEGIN, intensity=0.8),
    "measures.videos-here": measure("videos", 44, until="2022-12-31", count=100, views=20_000_000),
    "measures.law-here": measure("law", 11, 44, since=BEGIN, deterrence=0.1, replacement_factor=1.5, data_sharing=-1.0),
    "measures.warning-central": measure("warning", 44, 65, detector="central", coverage=0.9, ramp=None),
    "measures.warning-local": measure("warning", 11, 44, detector="local", coverage=0.6, ramp=None),
    "measures.warning-late": measure("warning", 11, since=BEGIN, detector="central", coverage=0.5, ramp=None),
    "measures.outage-here": measure("outage", 11, until="2022-01-31", detector="local", mode="delay"),
}
"""Changes of ``tiny`` by which its provinces, and its days, differ in all that the macro state says.

There are fraud types that fool nearly nobody: with ``tiny``'s own everybody may engage, and no answered attempt is
looked at by bands of scores.
"""

GROWING: dict[str, Any] = {
    "desks.call.growth": {"steps": [{"from": "2022-01-30", "factor": 0.8}, {"from": BEGIN, "factor": 2.0}]},
    "desks.call.by_province": {
        "65": {
            "staff": 4,
            "growth": {"steps": [{"from": "2022-01-31", "factor": 1.5}, {"from": BEGIN, "factor": 0.5}]},
            "shifts": [{"weekdays": [1, 2, 3, 4, 5, 6, 7], "start": "06:00", "end": "24:00", "share": 1.0}],
        }
    },
    "desks.visit.growth": {"ramp": {"midpoint": BEGIN, "width": "1 d", "floor": 0.3}},
    "desks.visit.by_province": {"11": {"staff": 14, "growth": {"steps": [{"from": "2021-01-01", "factor": 0.5}]}}},
    "measures.warning-central.province_weights": {"65": 0.6},
    "measures.warning-local.province_weights": {"11": 1.5},
    "measures.lines-here.steps": {"2022-02-02": 1.0, "2022-01-31": 0.2},
    "measures.law-here.steps": {"2022-01-30": 0.0, "2022-02-03": 1.0},
}
"""Staff that another day has more or less of, by steps, by a ramp and by province; weighing detectors; dated values.

One staff falls at a midnight at which its servers are busy; it comes after ``UNEVEN``, whose measures it changes.
"""

LAUNDERING: dict[str, Any] = {
    "measures.purses-here": measure(
        "cluster_campaign", 44, until=BEGIN, count=9, arrests=3.5, half_life_factor=6.0, hold=0.2, cash_loss=0.3
    ),
    "measures.purses-there": measure(
        "cluster_campaign",
        44,
        65,
        since=BEGIN,
        until="2022-03-01",
        count=9,
        arrests=3.5,
        half_life_factor=2.5,
        hold=0.1,
    ),
    "aftermath.stop_payment.half_life": "30 min",
    "aftermath.stop_payment.frozen_factor": 27.4,
    "aftermath.investigation.fresh_share": 0.4,
    "aftermath.settlement": {"cases": 0.3, "suspects": 0.6},
    "dens.hazard.case_half_life": "2 d",
}
"""Campaigns against laundering that another day and province does not know, fresh cases, counts put off to December."""

NAMED: dict[str, Any] = {
    "warning.signs": {
        "known_account": {
            "episode": {"contact": 0.2, "engaged": 0.3, "opened": 0.5, "payment": 1.0},
            **{"ignored": 0.3, "unanswered": 0.3, "legitimate": 0.1, "delay": "20 min", "known_for": "2 d"},
        },
        "transfer": {
            "episode": dict.fromkeys(("contact", "engaged", "opened", "payment"), 0.5),
            **{"ignored": 0.2, "unanswered": 0.1, "legitimate": 0.2, "lifts": 1},
        },
    },
    "warning.tiers.red.sign": "known_account",
    "warning.tiers.orange.sign": ["known_account", "transfer"],
}
"""Tiers that ask for accounts that filed cases name, of which few remain at work."""
STILL: dict[str, Any] = {
    "stock": 4_000_000,
    "frozen_by_case": 0.0,
    "found": 0.0,
    "replacement": "2 d",
    "withdrawal_delay": {"lognormal": {"median": "40 min", "sigma": 1.6}},
}
"""Accounts that nobody freezes."""
ACCOUNTS: dict[str, Any] = {
    "accounts": {
        **{**STILL, "stock": 4000, "frozen_by_case": 3.0, "found": 0.05},
        "late": {"share": 0.3, "delay": {"exponential": {"mean": "9 h"}}},
    },
    "aftermath.stop_payment.processing": {"uniform": {"low": "5 min", "high": "40 min"}},
    "measures.freeze-here": measure(
        "account_freeze", 44, share=0.6, after={"uniform": {"low": "0 min", "high": "1 h"}}, false_share=0.5
    ),
    "measures.freeze-there": measure("account_freeze", 11, 44, since=BEGIN, share=0.9, after="20 min"),
    "measures.closing": measure(
        "account_purge",
        65,
        intensity=0.2,
        replacement_factor=3.0,
        false_share=0.25,
        steps={"2022-01-30": 0.2, BEGIN: 1.0},
    ),
}
"""Accounts of mules that are frozen for cases, found and purged, differently by province and day."""

TIED_AND_UNEVEN: dict[str, Any] = {
    **TIES,
    **UNEVEN,
    **fewer(3.0),
    "seed": 11,
    **{f"population.legitimate.{channel}": "40000 per day" for channel in ("call", "sms", "online")},
    "warning.detectors.local.shift": -0.3,
    "warning.dissuasion.fatigue": 0.8,
    "warning.dissuasion.stop": {"app": 0.3, "sms": 0.3, "call": 0.3, "visit": 0.4},
}
"""Many episodes in uneven provinces, whose people stop or go on by what they have heard, and ties in most ticks."""

PERIODS = [
    TWO_DAYS,
    {"start": "2022-01-31", "end": "2022-02-01", "warmup": "1 d"},
    {"start": "2022-01-30", "end": "2022-02-03", "warmup": "0 d"},
    {"start": "2022-02-26", "end": "2022-03-03", "warmup": "2 d"},
    {"start": "2021-12-01", "end": "2021-12-03", "warmup": "2 d"},
]
MONTHS = {"start": "2022-01-20", "end": "2022-03-02", "warmup": "3 d"}
"""Long enough for deadlines of weeks, which outlive the tallies of the vector engine and the tables' months."""

DENSE: dict[str, Any] = {
    "period": TWO_DAYS,
    **TIED_AND_UNEVEN,
    **fewer(1.0),
    **{f"population.legitimate.{channel}": "12000 per day" for channel in ("call", "sms", "online")},
}
"""Ties and uneven provinces on a third of the attempts: what an engine that is not compiled goes through in seconds."""
LONG: dict[str, Any] = {
    **DENSE,
    "period": MONTHS,
    **fewer(0.05),
    **{f"population.legitimate.{channel}": "400 per day" for channel in ("call", "sms", "online")},
    **{f"warning.tiers.{tier}.deadline": f"{days} d" for tier, days in zip(TIERS, (20, 35, 80, 33), strict=True)},
    "warning.unread_wait": "36 d",
    "desks.call.staff": 1,
    "desks.visit.staff": 1,
}
"""Few attempts in six weeks, with deadlines that outlive the tallies of the vector engine and the tables' months."""
AT_ONCE: dict[str, Any] = {
    "warning.tiers.red.first": ["app", "call", "visit"],
    "warning.tiers.red.also_if_reached": True,
    "warning.tiers.orange.first": ["call", "visit"],
    "warning.tiers.yellow.first": ["sms", "visit"],
    "warning.tiers.blue.first": ["sms", "call", "visit"],
    "warning.tiers.blue.also_if_reached": True,
    "desks.call.discipline": "highest_score",
    "desks.call.lends": True,
    "desks.visit.discipline": "most_at_stake",
    "desks.visit.lends": True,
}
"""Several channels at once, lines by what an alert is about, and desks that lend.

Those who are reached on one track are left in peace or met all the same, by tier; a call that follows an unread SMS
stands in the line of calls beside the tracks of other tiers.
"""
TRACKS: dict[str, Any] = {
    **DENSE,
    **AT_ONCE,
    **fewer(1.5),
    **{f"population.legitimate.{channel}": "6000 per day" for channel in ("call", "sms", "online")},
    **{f"warning.tiers.{tier}.deadline": f"{hours} h" for tier, hours in zip(TIERS, (7, 6, 8, 5), strict=True)},
    **{f"warning.tiers.{tier}.retry_wait.visit": "30 min" for tier in TIERS},
    "warning.tiers.orange.tries": {"call": 3, "visit": 2},
    "warning.tiers.blue.tries": {"call": 2, "visit": 2},
    "warning.dissuasion.stop": {"app": 0.8, "sms": 0.8, "call": 0.8, "visit": 0.8},
    "warning.dissuasion.fatigue": 0.4,
    "desks.call.staff": 17,
    "desks.call.answered": 0.35,
    "desks.call.no_answer": "40 min",
    "desks.visit.staff": 40,
    "desks.visit.met": 0.4,
    "desks.visit.not_met": "90 min",
}
"""``DENSE`` with several channels at once and long services in vain: most alerts try again, or are marked meanwhile."""
VISITS: dict[str, Any] = {
    "desks.visit.way": {"lognormal": {"median": "25 min", "sigma": 0.6}},
    "desks.visit.refused": 0.3,
    "warning.dissuasion.family": {"share": 0.5, "bonus": 0.6},
    "warning.dissuasion.again": 0.7,
    "warning.tiers.orange.again": {"after": {"lognormal": {"median": "40 min", "sigma": 0.5}}},
    "warning.tiers.yellow.again": {"after": {"lognormal": {"median": "1 h", "sigma": 0.3}}},
    "warning.tiers.red.by_age": [{"ages": [60, None], "deadline": "3 h", "first": ["sms", "visit"]}],
    "warning.tiers.yellow.by_age": [
        {"ages": [41, 59], "first": ["call", "visit"], "tries": {"call": 1, "visit": 3}},
        {"ages": [0, 25], "first": "call", "escalate": {"unread": "none", "unanswered": "visit"}, "deadline": "2 h"},
        {"ages": [70, None], "first": "visit", "deadline": "9 h", "tries": {"call": 2, "visit": 2}},
    ],
    "warning.tiers.blue.by_age": [{"ages": [50, 75], "first": "app"}],
    f"fraud.types.{TYPES[0]}.loss.tail": {"share": 0.2, "median": 500_000, "sigma": 1.5},
    "aftermath.report.after_warning": 0.95,
}
"""Ways of visits, refusals, second visits, families, groups of ages with rules of their own; rare losses; reports of
warned victims."""
VISITED: dict[str, Any] = {
    **TRACKS,
    **VISITS,
    **fewer(3.0),
    **NO_LEGITIMATE,
    "desks.call.staff": 60,
    "desks.call.answered": 0.8,
    "desks.visit.staff": 300,
    "desks.visit.met": 0.9,
    **{f"desks.visit.{key}": "5 min" for key in ("not_met", "visit", "way")},
    **{f"warning.tiers.{tier}.again": {"after": "5 min"} for tier in ("orange", "yellow")},
    "warning.detectors.stages": {"engaged": 3.0, "opened": 3.0, "payment": 3.0},
    "warning.hop_delay": "1 min",
    "warning.dissuasion.stop": {"app": 0.2, "sms": 0.2, "call": 0.2, "visit": 0.5},
    "warning.dissuasion.fatigue": 1.0,
    **{
        f"fraud.types.{kind}.delays.{stage}": "2 h"
        for kind in TYPES
        for stage in ("opened", "first_payment", "later_payment")
    },
}
"""Quick desks and slow episodes: many people are visited again before their episode is over."""
SLACK: dict[str, Any] = {
    **TRACKS,
    "desks.call.discipline": "last_issued",
    "desks.visit.discipline": "least_slack",
    "desks.call.lends": False,
}
"""The other two disciplines beside the common one, and one desk that lends to one that does not."""
RAIDED: dict[str, Any] = {
    "fraud.retry": {"call": {"share": 0.9, "usual": 0.3, "displaced": 0.4}, "sms": {"share": 0.5, "usual": 0.6}},
    "fraud.classes.call": {
        "domestic": {"share": 0.7, "legitimate": 0.9},
        "abroad": {"share": 0.3, "legitimate": 0.1, "offset": 0.5, "usual": 0.5},
    },
    **{"dens.hazard.leads_per_case": 0.5, "dens.hazard.lead_half_life": "30 d"},
    "dens.ringleaders": {"share": 0.9, "at_raid": 0.5, "per_lead": "1000 per year"},
    "aftermath.suspects": {"per_case": 3.0, "per_card": 0.004},
    "aftermath.report.delay": {"lognormal": {"median": "1 h", "sigma": 1.0}},
    "aftermath.filing.delay": {"lognormal": {"median": "2 h", "sigma": 1.0}},
    "fraud.volumes.call": {"level": "700 per day", "growth": 1.0, "ceiling": 1.5},
    "fraud.volumes.sms.ceiling": 3.0,
    "fraud.loss_ceiling": 1.2,
}
"""Gangs that try again and are raided and arrested; growth that has a ceiling."""
ANSWERING: dict[str, Any] = {
    **TINY,
    **{f"dens.hazard.{one}": "60 per year" for one in REGIONS},
    **{"dens.hazard.per_lead": "100 per year", "dens.reopening": {"lognormal": {"median": "1 d", "sigma": 0.7}}},
    **RAIDED,
    "gangs": {
        "pools": None,
        "start": 0.8,
        "recruiting": "40 per year",
        "reopens_with": 0.4,
        "crew_share": 1.0,
        "slower": 3.0,
        "answer": {"shift": 1.2, "supply": 0.6, "lag": "2 d", "usual": {"call": 0.05, "sms": 0.05, "online": 0.12}},
    },
}
"""Such gangs in dens by slots, whose crews recruit, and who answer within days."""
CLASSES: dict[str, Any] = {
    "fraud.retry.online": {"displaced": 0.6},
    "fraud.classes.call.abroad.cards": 0.1,
    "fraud.classes.online": {
        "social": {"share": 0.6, "types": {"gaming": 2.5, "loan_credit": 0.0}},
        "messaging": {"share": 0.4, "growth": 1.5},
    },
    "cards.flag_share": 0.05,
    "sites.account": 0.9,
    "measures.social-here": measure("blocking", 44, since=BEGIN, target="account", classes=["social"], intensity=0.7),
    "measures.prefix": measure("label", 65, since=BEGIN, channel="call", classes=["abroad"], intensity=0.6),
    "measures.warned": measure("label", 44, channel="online", classes=["messaging"], intensity=0.4),
}
"""Changes of ``ANSWERING``: calls without cards and with a label, and accounts of which one class is blocked."""
SIGNS: dict[str, Any] = {
    "warning.signs": {
        "transfer": {
            "episode": {"contact": 0.3, "engaged": 0.3, "opened": 0.5, "payment": 0.7},
            **{"ignored": 0.2, "unanswered": 0.1, "legitimate": 0.2, "delay": "5 min"},
        },
        "remote_control": {
            "episode": {"contact": 0.2, "engaged": 0.5, "opened": 0.6, "payment": 0.4},
            **{"ignored": 0.4, "unanswered": 0.3, "legitimate": 0.3, "types": {"loan_credit": 3.0, "gaming": 0.1}},
            **{"delay": {"lognormal": {"median": "10 min", "sigma": 0.7}}, "lifts": 1},
        },
        "long_call": {
            "episode": {"contact": 0.9, "engaged": 0.4, "opened": 0.8, "payment": 0.5},
            **{"ignored": 0.5, "unanswered": 0.4, "legitimate": 0.6, "delay": {"exponential": {"mean": "20 min"}}},
        },
    },
    "warning.tiers.red.sign": ["transfer", "remote_control"],
    "warning.tiers.yellow.sign": "long_call",
    "warning.quiet": "6 h",
}
"""Tiers that ask for signs, of which one lifts an alert, and people who do not hear of the same thing twice."""
AS_BEFORE = {"dense": DENSE, "long": LONG, "tracks": TRACKS, "slack": SLACK}
"""Changes of ``tiny`` whose values are stored, and small enough to run uncompiled."""
COURSE: dict[str, Any] = {
    "second_thoughts": "5 h",
    "bank_call": {"share": 0.6, "after": {"lognormal": {"median": "2 h", "sigma": 1.0}}, "stops": 0.5},
    "release": {"share": 0.5, "after": {"lognormal": {"median": "3 h", "sigma": 1.0}}},
}
TRANSFERS: dict[str, Any] = {
    "population.transfers": {"number": "8 per day", "amount": {"median": 500, "sigma": 1.8}, "new_payee": 0.1}
}
DELAYS: dict[str, Any] = {
    "measures.waits-here": measure("payment_delay", 44, 65, intensity=0.7, wait="4 h", **COURSE),
    "measures.waits-new": measure("payment_delay", 11, 44, intensity=0.6, wait="9 h", payee="new", above=3000),
    "measures.waits-old": measure(
        "payment_delay", 65, since=BEGIN, intensity=1.0, wait="30 min", ages=[45, None], second_thoughts="20 min"
    ),
    "measures.waits-steps": measure(
        "payment_delay",
        11,
        steps={"2022-01-30": 0.2, "2022-02-02": 1.0},
        intensity=1,
        wait="1 s",
        second_thoughts="1 s",
    ),
    "measures.false-holds": measure("bank_hold", 44, intensity=0.1, false_share=0.01),
    "costs.transfer": {"delayed": 5.0, "held": 50.0},
    "costs.payment_call": 5.0,
    **TRANSFERS,
}
"""Delays of an hour and of a tick, which meet in some provinces, of the first payment or of all, and their costs."""
POOLS: dict[str, Any] = {
    "members": 9_000,
    "abroad": 0.4,
    "since": "2022-01-26",
    "capacity": 1.5,
    "recruiting": "1 per year",
    "arriving": "0.1 per year",
    "arriving_abroad": 0.7,
    "leaving": "1 per year",
    "removed": {"home": "30 per year", "abroad": "0.5 per year"},
    "leads": {"share": 0.5, "usual": 40},
    "crew": 6.3,
    "leaderless": "9 d",
    "home_share": {"gaming": 0.9},
}
"""Pools that lose members fast, the more so where cases are solved."""
APART: dict[str, Any] = {
    "period": {"start": "2022-01-29", "end": "2022-02-02", "warmup": "1 d"},
    "fraud.province_weights": {"11": 3.0, "65": 0.5},
    "fraud.surges.spring": {"window": ["2022-01-30", None], "factor": 2.0, "provinces": [44]},
    "desks.visit.by_province": {
        "44": {
            "staff": 30,
            "growth": {"steps": [{"from": "2022-01-01", "factor": 1}, {"from": "2022-01-31", "factor": 2}]},
            "shifts": [{"weekdays": [1, 2, 3, 4, 5, 6, 7], "start": "00:00", "end": "24:00", "share": 0.5}],
        }
    },
    "measures.banks.provinces": [44],
}
"""What one province has alone: a surge, staff of its own that grows, by its own shifts, and a measure."""
SINCE, UNTIL = "2022-01-20", "2022-02-02"
SEGMENTS = {"rural_areas": 0.5, "communities": 0.5}
VIDEOS = measure("videos", 11, 44, 65, since=SINCE, until=UNTIL, count=3, views=300_000)
ACTIVITIES = measure("activities", 11, 44, 65, since=SINCE, until=UNTIL, count=500, people=60, segments=SEGMENTS)
SHARP = {
    "engagement.awareness": {"start": 0.1, "half_life": "90 d", "effect": 0.9, "per_view": 0.1, "per_attendance": 0.5}
}


def taught(*ages: list[int | None] | None) -> dict[str, Any]:
    """Return videos and activities for people of these ages."""
    pairs = zip(("films", "talks"), (VIDEOS, ACTIVITIES), ages, strict=True)
    return {f"measures.{name}": {**one, "ages": some} if some else one for name, one, some in pairs}


FEW = {f"population.legitimate.{channel}": "1500 per day" for channel in ("call", "sms", "online")}
FEATURES: dict[str, dict[str, Any]] = {
    "rules": {
        **TIED_AND_UNEVEN,
        **GROWING,
        **fewer(0.25),
        **FEW,
        "aftermath.report": {"probability": 0.3, "after_warning": 1.0, "delay": "20 min"},
    },
    "gangs": {
        **TIED_AND_UNEVEN,
        **LAUNDERING,
        **ACCOUNTS,
        **ANSWERING,
        **CLASSES,
        **fewer(0.15),
        **FEW,
        "accounts.stock": 150,
        "period": {"start": "2022-01-27", "end": "2022-02-01", "warmup": "3 d"},
    },
    "pools": {
        **UNEVEN,
        **RAIDED,
        **fewer(0.15),
        **FEW,
        "gangs": {"pools": POOLS, "answer": {**ANSWERING["gangs"]["answer"], "usual": None}},
        "measures.home": {
            **{"kind": "returns", "window": ["2022-01-27", None], "intensity": "20 per year"},
            **{"members": 0.4, "arrested": 0.5},
        },
        "aftermath.suspects.roles": {"callers": 0.3, "accounts": 0.5, "couriers": 0.2},
        "period": {"start": "2022-01-27", "end": "2022-02-01", "warmup": "3 d"},
    },
    "tracks": {**TRACKS, **SIGNS, **fewer(0.4), **FEW},
    "delays": {**DENSE, **DELAYS, **NAMED, **ACCOUNTS, **fewer(0.3), **FEW},
    "visits": {**VISITED, **fewer(0.4), "warning.desk_knows_episode_over": False},
    "taught": {
        **DENSE,
        **SHARP,
        **taught([60, None], [18, 40]),
        **fewer(0.3),
        **FEW,
        "fraud.episode": {"delay_factor": 0.5, "dropout_odds": 2},
        "period": {**TWO_DAYS, "warmup": "4 d"},
    },
    "apart": {**APART, "population.pool": {"apart": ["Guangdong"]}, "scale": 0.1},
}
"""What no bundled scenario uses, with so few attempts that a run takes a fraction of a second."""

STAGES = ("engaged", "opened", "first_payment", "later_payment")
STEP_DAYS = ("2021-06-01", "2022-01-31", BEGIN, "2022-02-02", "2022-02-27", "2022-03-01")
BUSY_TYPES = ("loan_credit", "police_impersonation", "customer_service")
"""Fraud types beside brushing, which ``changes`` varies."""


@st.composite
def wild(draw: st.DrawFn) -> dict[str, Any]:
    """Return what a random scenario changes of ``tiny``: ``changes``, and periods, chains, people, stages, measures."""
    months = draw(st.integers(0, 5)) == 0
    values: dict[str, Any] = {
        **draw(changes()),
        **fewer(0.03 if months else draw(st.sampled_from([0.05, 0.12, 0.3]))),
        "period": MONTHS if months else draw(st.sampled_from(PERIODS)),
        "warning.detectors.correlation": draw(st.sampled_from([-0.9, -0.2, 0.0, 0.5, 0.97])),
        "warning.detectors.stages": {
            stage: draw(st.sampled_from([1.0, 3.0, 5.0])) for stage in ("engaged", "opened", "payment")
        },
        "warning.detectors.central.hops": draw(st.integers(1, 4)),
        "warning.detectors.local.hops": draw(st.integers(1, 4)),
        "warning.app.read": draw(st.sampled_from([0.0, 0.5, 1.0])),
        "warning.dissuasion.fatigue": draw(st.sampled_from([0.3, 1.0])),
        "warning.dissuasion.stop.sms": draw(st.sampled_from([0.0, 1.0])),
        "warning.dissuasion.stop.visit": draw(st.sampled_from([0.0, 1.0])),
        "population.app.final_share": draw(st.sampled_from([0.1, 0.9])),
        "population.exposure.high_share": draw(st.sampled_from([0.001, 0.1])),
        "population.exposure.high_contacts": draw(st.sampled_from([0.5, 0.95])),
        "population.victim_before_factor": draw(st.sampled_from([1.0, 6.0])),
        "desks.call.hard_share": draw(st.sampled_from([0.0, 0.5])),
        "desks.call.hard": draw(lasting(5, 3000)),
        "desks.call.no_answer": draw(lasting(1, 30)),
        "desks.visit.visit": draw(lasting(1, 400)),
        "desks.visit.not_met": draw(lasting(1, 400)),
        "desks.province_weights": {"11": draw(st.sampled_from([0.0, 1.0, 3.0]))},
        "desks.call.by_province": draw(st.sampled_from([{}, {"44": 0.0}, {"11": 2.0, "65": 7.0}])),
        "desks.visit.by_province": draw(st.sampled_from([{}, {"11": 1.0, "44": 9.0}])),
        "aftermath.report.probability": draw(st.sampled_from([0.0, 0.5, 1.0])),
    }
    if draw(st.booleans()):
        values.update(SIGNS)
    if draw(st.booleans()):
        values.update(UNEVEN)
    if draw(st.booleans()):
        values.update(TINY)
        values["gangs"] = draw(gangs(found=values["period"]["warmup"] != "0 d"))
        values["fraud.loss_ceiling"] = draw(st.sampled_from([None, 1.01, 2.0]))
        values["fraud.volumes.online.ceiling"] = draw(st.sampled_from([None, 1.5]))
        values["dens.ringleaders.at_raid"] = draw(st.sampled_from([0.0, 1.0]))
    values["fraud.grows_until"] = draw(st.sampled_from([None, "2021-06-15", BEGIN]))
    values.update(measures(draw))
    values.update(money_and_cases(draw))
    for desk in ("call", "visit"):
        values[f"desks.{desk}.growth"] = draw(growths())
        if draw(st.booleans()):
            own = {"staff": draw(st.sampled_from([0, 2, 9])), "growth": draw(growths())}
            own |= {"shifts": shifts(draw)} if draw(st.booleans()) else {}
            values[f"desks.{desk}.by_province"] = {**values[f"desks.{desk}.by_province"], "65": own}
    if draw(st.integers(0, 5)) == 0:
        values.update(NO_LEGITIMATE)
    for channel in ("app", "sms"):
        values[f"warning.{channel}.delivery"] = draw(lasting(1, 200))
        values[f"warning.{channel}.read_delay"] = draw(lasting(1, 600))
    for kind in BUSY_TYPES:
        for stage in STAGES:
            values[f"fraud.types.{kind}.delays.{stage}"] = draw(lasting(1, 300))
    if draw(st.booleans()):
        # Eight payments, the most there can be, and nobody who drops out before.
        values["fraud.types.brushing.payments"] = [0.1] * 7 + [0.3]
        values["fraud.types.brushing.dropout"] = dict(
            zip(STAGES, (0.0, 0.0, 0.0, draw(st.sampled_from([0.0, 0.3]))), strict=True)
        )
    deadlines = draw(st.sampled_from([None, "short", "long"]))
    if deadlines is not None:
        some = ["1 min", "5 min", "15 min", "1 h"] if deadlines == "short" else ["1 min", "1 d", "2 d", "36 d", "70 d"]
        for tier in TIERS:
            values["warning.tiers"][tier]["deadline"] = draw(st.sampled_from(some))
    if deadlines == "long":
        values["warning.unread_wait"] = draw(st.sampled_from(["1 min", "20 h", "3 d", "35 d"]))
    if draw(st.booleans()):
        values.update(accounts(draw))
    if draw(st.booleans()):
        values.update({key: value for key, value in VISITS.items() if not key.startswith("warning.tiers")})
        for tier in TIERS:
            own = values["warning.tiers"][tier]
            own["by_age"] = VISITS.get(f"warning.tiers.{tier}.by_age")
            own["again"] = None if own["also_if_reached"] else {"after": draw(lasting(1, 200))}
    return values


def accounts(draw: st.DrawFn) -> dict[str, Any]:
    """Return accounts of mules: none, few or many, of which banks find none or all; with or without measures."""
    values = ACCOUNTS if draw(st.booleans()) else {"accounts": ACCOUNTS["accounts"]}
    return {
        **values,
        "accounts.stock": draw(st.sampled_from([0, 30, 4000])),
        "accounts.found": draw(st.sampled_from([0.0, 0.3, 1.0])),
        "accounts.withdrawal_delay": draw(lasting(1, 300)),
        "accounts.late": draw(st.sampled_from([None, {"share": 1.0, "delay": "3 h"}])),
    }


@st.composite
def gangs(draw: st.DrawFn, found: bool) -> dict[str, Any]:
    """Return gangs: full or nearly gone, that recruit or do not, whom arrests thin or not, and who answer or do not.

    Usual yields are stated, or ``found`` by a warm-up if there is one.
    """
    numbers = {number: dict.fromkeys(("call", "sms", "online"), number) for number in (0.01, 0.1)}
    answer = {
        "shift": draw(st.sampled_from([0.0, 0.5, 10.0])),
        "supply": draw(st.sampled_from([0.0, 0.7])),
        "lag": draw(st.sampled_from(["1 ms", "1 d", "20 d"])),
        "usual": draw(st.sampled_from([*numbers.values(), *([None] if found else [])])),
    }
    return {
        "pools": None,
        "start": draw(st.sampled_from([0.0, 0.3, 1.0])),
        "recruiting": draw(st.sampled_from(["0 per year", "100 per year"])),
        "reopens_with": draw(st.sampled_from([0.0, 0.5, 1.0])),
        "crew_share": draw(st.sampled_from([0.0, 1.0])),
        "slower": draw(st.sampled_from([1.0, 5.0])),
        "answer": draw(st.sampled_from([None, answer, answer])),
    }


@st.composite
def growths(draw: st.DrawFn) -> dict[str, Any] | None:
    """Return the growth of a staff: none, a ramp, or steps within the days and before them; also to nobody."""
    form = draw(st.sampled_from(["none", "ramp", "steps"]))
    if form == "none":
        return None
    if form == "ramp":
        return {
            "ramp": {
                "midpoint": draw(st.sampled_from(["2022-01-20", BEGIN, "2022-02-28"])),
                "width": draw(st.sampled_from(["1 d", "10 d"])),
                "floor": draw(st.sampled_from([0.0, 0.3])),
            }
        }
    days = draw(st.lists(st.sampled_from(STEP_DAYS), min_size=1, max_size=4, unique=True))
    return {"steps": [{"from": day, "factor": draw(st.sampled_from([0.0, 0.4, 1.0, 2.5]))} for day in sorted(days)]}


def money_and_cases(draw: st.DrawFn) -> dict[str, Any]:
    """Return what becomes of money and cases: campaigns against laundering, fresh cases, counts put off."""
    found: dict[str, Any] = {
        "aftermath.investigation.fresh_share": draw(st.sampled_from([0.0, 0.35, 1.0])),
        "aftermath.stop_payment.half_life": draw(st.sampled_from(["10 min", "4 h"])),
        "aftermath.stop_payment.frozen_factor": draw(st.sampled_from([None, 1.0, 27.4])),
        "dens.hazard.case_half_life": draw(st.sampled_from([None, "1 d", "60 d"])),
        "aftermath.settlement": draw(
            st.sampled_from([None, {"cases": 0.3, "suspects": {"waits": 0.6, "until": "01-31", "release": 1.0}}])
        ),
        "aftermath.suspects.roles": draw(st.sampled_from([None, {"callers": 0.3, "accounts": 0.5}])),
    }
    for name in draw(st.sampled_from([(), ("first",), ("first", "second")])):
        found[f"measures.accounts-{name}"] = measure(
            "cluster_campaign",
            *draw(st.sampled_from([[44], [11, 65], [11, 44, 65]])),
            since=draw(st.sampled_from(["2021-11-30", "2022-01-31", BEGIN])),
            until=draw(st.sampled_from([BEGIN, "2022-03-01"])),
            count=5,
            arrests=2.5,
            half_life_factor=draw(st.sampled_from([1.0, 3.7, 200.0])),
            hold=draw(st.sampled_from([0.0, 0.3])),
            cash_loss=draw(st.sampled_from([0.0, 0.4])),
        )
    return found


def measures(draw: st.DrawFn) -> dict[str, Any]:
    """Return measures that begin within the days, act in some provinces, or follow one upon the other."""
    found: dict[str, Any] = {
        "measures.law": measure(
            "law",
            *draw(st.sampled_from([[44], [11, 44, 65]])),
            since=BEGIN,
            deterrence=0.1,
            replacement_factor=1.2,
            data_sharing=draw(st.sampled_from([0.0, 0.5])),
        ),
        "measures.warning-local": measure(
            "warning",
            *draw(st.sampled_from([[11], [44, 65], [11, 44, 65]])),
            detector="local",
            coverage=draw(st.sampled_from([0.3, 1.0])),
            ramp=None,
        ),
    }
    if draw(st.booleans()):
        channel = draw(st.sampled_from(["call", "sms", "online"]))
        found["measures.label"] = measure(
            "label", 44, since=BEGIN, channel=channel, intensity=draw(st.sampled_from([0.0, 0.5, 1.0]))
        )
    local = found["measures.warning-local"]
    if local["coverage"] < 1.0:
        # At most twice the mean, and so at most three quarters of the contacts: 44 has most of the people, and
        # if it were left out, the others would have several times the mean.
        first = draw(st.sampled_from(local["provinces"]))
        local["province_weights"] = {str(first): draw(st.sampled_from([0.4, 1.9] if first == 44 else [0.4, 1.9, 0.0]))}
        if len(local["provinces"]) == 1:
            local["province_weights"] = {str(first): 7.0}
    if draw(st.booleans()):
        found["measures.outage-after-the-outage"] = {
            "kind": "outage",
            "window": ["2022-02-01", "2022-02-02"],
            "detector": "central",
            "mode": draw(st.sampled_from(["delay", "lose"])),
        }
    return found
