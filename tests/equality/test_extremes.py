"""Settings at the ends of what a scenario may say: zero, one, never, always, everything in one tick.

A fast engine bounds, skips and packs where the readable one computes; the ends are where a bound may be none.
"""

from pathlib import Path
from typing import Any

import pytest

from tests.engines.log import TIERS
from tests.engines.small import NO_LEGITIMATE, TWO_DAYS, fewer
from tests.equality.both import assert_equal, run_both
from tests.equality.scenarios import MONTHS, STAGES, UNEVEN

NO_ATTEMPTS = {f"fraud.volumes.{channel}.level": "0 per day" for channel in ("call", "sms", "online")}
ALWAYS: dict[str, Any] = {"window": ["2022-01-01", None]}


def of_tiers(**values: Any) -> dict[str, Any]:
    """Return the same settings for all tiers; ``__`` stands for a dot."""
    return {f"warning.tiers.{tier}.{key.replace('__', '.')}": value for tier in TIERS for key, value in values.items()}


EXTREMES: dict[str, dict[str, Any]] = {
    "scores without correlation": {**fewer(3.0), **NO_LEGITIMATE, "warning.detectors.correlation": 0.0},
    "scores nearly the same": {"warning.detectors.correlation": 0.999},
    "scores opposed": {"warning.detectors.correlation": -0.999},
    "no contacts": NO_LEGITIMATE,
    "no attempts": NO_ATTEMPTS,
    "nothing at all": {**NO_ATTEMPTS, **NO_LEGITIMATE},
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
    "everything in the same few ticks": {**fewer(0.3), "clock": "30 min", **of_tiers(deadline="30 min")},
    "deadlines of a tick": {"clock": "1 ms", **of_tiers(deadline="1 ms")},
    "deadlines and silence of weeks": {
        **fewer(0.03),
        "period": MONTHS,
        "warning.unread_wait": "40 d",
        "warning.sms.read": 0.3,
        **of_tiers(deadline="80 d", first="sms", escalate={"unread": "call", "unanswered": "visit"}),
    },
    "nobody on duty": {"desks.call.staff": 0, "desks.visit.staff": 0},
    "staff of their own, and none at all": {
        "desks.call.by_province": {"11": 0, "44": 3},
        "desks.visit.by_province": {"65": 12, "44": 0.4},
    },
    "services of days": {"desks.call.short": "60 h", "desks.call.no_answer": "60 h", "desks.visit.visit": "70 h"},
    "nobody ever reads or answers": {
        "warning.app.read": 0.0,
        "warning.sms.read": 0.0,
        "desks.call.answered": 0.0,
        "desks.visit.met": 0.0,
        **of_tiers(tries={"call": 9, "visit": 9}, retry_wait={"call": "1 min", "visit": "1 min"}),
    },
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
}
"""What is changed of ``tiny``, by what it brings about."""


@pytest.mark.parametrize("extreme", EXTREMES)
def test_both_engines_write_the_same_bytes(extreme: str, tmp_path: Path) -> None:
    values = {"period": TWO_DAYS, **fewer(0.5), **UNEVEN, **EXTREMES[extreme]}
    assert_equal(*run_both(tmp_path, "tiny", workers=2, **values))
