"""Settings at the ends of what a scenario may say: zero, one, never, always, everything in one tick.

A fast engine bounds, skips and packs where the readable one computes; the ends are where a bound may be none.
"""

from pathlib import Path
from typing import Any

import pytest

from tests.engines.log import TIERS
from tests.engines.small import NO_LEGITIMATE, TWO_DAYS, TYPES, fewer
from tests.equality.both import assert_equal, run_both
from tests.equality.scenarios import MONTHS, STAGES, UNEVEN
from tests.marks import first_quick

ALWAYS: dict[str, Any] = {"window": ["2022-01-01", None]}
RARE = {"red": 4.4, "orange": 4.2, "yellow": 4.1, "blue": 4.0}


def of_tiers(**values: Any) -> dict[str, Any]:
    """Return the same settings for all tiers; ``__`` stands for a dot."""
    return {f"warning.tiers.{tier}.{key.replace('__', '.')}": value for tier in TIERS for key, value in values.items()}


FAR: dict[str, Any] = {f"warning.detectors.{name}.shift": 50.0 for name in ("central", "local")}
"""Every attempt that reaches somebody raises an alert, in whatever band its scores lie."""
SEEN = {
    f"measures.warning-{name}": {"kind": "warning", "detector": name, "coverage": 1.0, "ramp": None, **ALWAYS}
    for name in ("central", "local")
}
UNSEEN = {f"measures.warning-{name}.coverage": 0.0 for name in ("central", "local", "late")}


def volumes(level: str) -> dict[str, Any]:
    """Return the same level of attempts for all channels."""
    return {f"fraud.volumes.{channel}.level": level for channel in ("call", "sms", "online")}


def engaging(share: float) -> dict[str, Any]:
    """Return the same willingness to engage for all types of fraud."""
    return {f"fraud.types.{name}.engage": share for name in TYPES}


LENT = {"desks.call.lends": True, "desks.visit.lends": True}
GONE = [{"from": "2022-01-31", "factor": 1.0}, {"from": "2022-02-01", "factor": 0.0}]

EXTREMES: dict[str, dict[str, Any]] = {
    "every attempt that reaches somebody alarms, none can engage": {**fewer(0.3), **engaging(0.0), **FAR, **SEEN},
    "all alarm, few engage, scores opposed": {
        **fewer(0.3),
        **engaging(0.01),
        **FAR,
        "warning.detectors.correlation": -0.999,
    },
    "deadlines of a tick": {"clock": "1 ms", **of_tiers(deadline="1 ms")},
    "all channels at once, in the same few ticks": {
        **fewer(0.3),
        "clock": "30 min",
        **of_tiers(first=["call", "visit", "sms"], deadline="30 min"),
        **LENT,
        "desks.call.discipline": "most_at_stake",
        "desks.visit.discipline": "highest_score",
    },
    "everybody goes home at a midnight": {
        **{f"desks.{desk}.growth": {"steps": GONE} for desk in ("call", "visit")},
        "desks.call.short": "5 h",
        "desks.visit.visit": "9 h",
    },
    "every attempt that reaches somebody engages and alarms": {**fewer(0.3), **engaging(1.0), **FAR, **SEEN},
    "cells of millions, of which few are followed": {
        **volumes("12000000 per day"),
        **NO_LEGITIMATE,
        **engaging(0.0),
        "fraud.types.gaming.engage": 2e-5,
        **UNSEEN,
    },
    "cells of thousands, in bands of hundreds": {
        **volumes("60000 per day"),
        **NO_LEGITIMATE,
        **engaging(0.001),
        **{f"warning.detectors.{name}.thresholds": RARE for name in ("central", "local")},
    },
    "provinces of two people who never answer": {
        **volumes("2e11 per day"),
        **NO_LEGITIMATE,
        "scale": 1e-9,
        "engagement.answering.age_factor": [1.0, 0.0, 0.0, 0.0, 0.0, 0.0],
        "desks.call.by_province": {},
    },
    "nothing at all": {**volumes("0 per day"), **NO_LEGITIMATE},
    "nothing is sent, all is blocked": {
        "measures.no-lines": {"kind": "source_regulation", "target": "voice_line", "intensity": 1.0, **ALWAYS},
        "measures.no-accounts": {"kind": "blocking", "target": "account", "intensity": 1.0, **ALWAYS},
        "sites.account": 1.0,
        "cards.fixed_dead_share": 1.0,
    },
    "all is sent, all answer, all engage": {
        **fewer(0.3),
        "interception.call.d_prime": -9.0,
        "interception.sms.d_prime": -9.0,
        "cards.fixed_dead_share": 0.0,
        "engagement.answering.call.unknown": 1.0,
        "engagement.answering.sms.unknown": 1.0,
        "engagement.answering.online.unknown": 1.0,
        **{f"fraud.types.{kind}.engage": 1.0 for kind in ("brushing", "loan_credit", "gaming", "other")},
    },
    "deadlines and silence of weeks": {
        **fewer(0.03),
        "period": MONTHS,
        "warning.unread_wait": "40 d",
        "warning.sms.read": 0.3,
        **of_tiers(deadline="80 d", first="sms", escalate={"unread": "call", "unanswered": "visit"}),
    },
    "staff of their own, and none at all": {
        "desks.call.by_province": {"11": 0, "44": 3},
        "desks.visit.by_province": {"65": 12, "44": 0.4},
    },
    "all channels at once, everybody is met on each": {
        **of_tiers(first=["app", "call", "visit"], also_if_reached=True, deadline="3 d"),
        **LENT,
        "warning.app.read": 1.0,
        "warning.sms.read": 1.0,
        "desks.call.answered": 1.0,
        "desks.visit.met": 1.0,
    },
    "all channels at once, nobody is ever met": {
        **of_tiers(first=["visit", "sms", "call"], tries={"call": 9, "visit": 9}, deadline="1 d"),
        **LENT,
        "warning.app.read": 0.0,
        "warning.sms.read": 0.0,
        "desks.call.answered": 0.0,
        "desks.visit.met": 0.0,
        "desks.call.discipline": "last_issued",
        "desks.visit.discipline": "least_slack",
    },
    "one seat for all, lent from desk to desk": {
        **of_tiers(first=["call", "visit"]),
        **LENT,
        "desks.call.staff": 0,
        "desks.visit.staff": 0.3,
        "desks.visit.discipline": "last_issued",
    },
    "services of days": {"desks.call.short": "60 h", "desks.call.no_answer": "60 h", "desks.visit.visit": "70 h"},
    "everybody is stopped at once": {
        **fewer(0.5),
        "warning.dissuasion.stop": dict.fromkeys(("app", "sms", "call", "visit"), 1.0),
        "warning.dissuasion.fatigue": 1.0,
        "warning.dissuasion.wrong_class": 1.0,
        "warning.hop_delay": "0 min",
    },
    "eight payments in eight ticks": {
        "fraud.types.brushing.payments": [0.0] * 7 + [1.0],
        "fraud.types.brushing.dropout": dict.fromkeys(STAGES, 0.0),
        "fraud.types.brushing.delays": dict.fromkeys(STAGES, "1 ms"),
        "aftermath.report.probability": 1.0,
        "aftermath.report.delay": "0 min",
        "aftermath.filing.delay": "0 min",
    },
    "scores without correlation": {**fewer(3.0), **NO_LEGITIMATE, "warning.detectors.correlation": 0.0},
}
"""What is changed of ``tiny``, by what it brings about."""


@pytest.mark.parametrize("extreme", first_quick(EXTREMES, 5))
def test_both_engines_write_the_same_bytes(extreme: str, tmp_path: Path) -> None:
    values = {"period": TWO_DAYS, **fewer(0.1), **UNEVEN, **EXTREMES[extreme]}
    assert_equal(*run_both(tmp_path, "tiny", workers=2, **values))
