"""Without feedback a stricter gate stops, with the gates before it, a superset: attempt by attempt."""

from pathlib import Path
from typing import Any

import pytest

import sim
from sim.words import Fate
from tests.engines.small import NO_LEGITIMATE, fewer, run_tiny

FATES = Fate.labels()
PERIOD = {"start": "2022-01-30", "end": "2022-02-02", "warmup": "1 d"}
TYPES = (
    "brushing",
    "customer_service",
    "loan_credit",
    "police_impersonation",
    "romance_investment",
    "acquaintance",
    "gaming",
    "other",
)
FEWER_SLOTS = list(range(0, 60, 7))
MORE_SLOTS = sorted({*FEWER_SLOTS, *range(0, 60, 4)})

STRICTER: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    (
        "not_sent",
        {"measures.sms-ports.intensity": 0.05, "measures.cloud-services.intensity": 0.04},
        {"measures.sms-ports.intensity": 0.30, "measures.cloud-services.intensity": 0.20},
    ),
    ("den_destroyed", {"dens.fixed_raided": FEWER_SLOTS}, {"dens.fixed_raided": MORE_SLOTS}),
    ("card_eliminated", {"cards.fixed_dead_share": 0.2}, {"cards.fixed_dead_share": 0.3}),
    (
        "intercepted",
        {"interception.call.threshold": 4.4, "interception.sms.threshold": 4.4},
        {"interception.call.threshold": 4.1, "interception.sms.threshold": 3.9},
    ),
    (
        "site_blocked",
        {"measures.block-sites.intensity": 0.3, "measures.block-apps.intensity": 0.2},
        {"measures.block-sites.intensity": 0.9, "measures.block-apps.intensity": 0.9, "sites.app": 0.3},
    ),
    (
        "unanswered",
        {"engagement.answering.sms.unknown": 0.40, "engagement.answering.online.unknown": 0.30},
        {
            "engagement.answering.sms.unknown": 0.30,
            "engagement.answering.sms.labelled": 0.20,
            "engagement.answering.online.unknown": 0.2,
            "engagement.answering.online.labelled": 0.1,
            "engagement.answering.call.unknown": 0.5,
            "engagement.answering.call.labelled": 0.1,
        },
    ),
    (
        "ignored",
        {"engagement.awareness.effect": 0.3},
        {"engagement.awareness.effect": 0.6, **{f"fraud.types.{name}.engage": 0.05 for name in TYPES}},
    ),
]


def fates(run: sim.Run) -> dict[int, int]:
    """Return the fate of each attempt, by identity, as a number in the order of the gates."""
    events = run.events
    attempts = events[events["event"] == "attempt"]
    return dict(zip(attempts["origin"].tolist(), (FATES.index(fate) for fate in attempts["result"]), strict=True))


@pytest.mark.parametrize(("gate", "lax", "strict"), STRICTER, ids=[gate for gate, _, _ in STRICTER])
def test_a_stricter_gate_stops_a_superset(
    gate: str, lax: dict[str, Any], strict: dict[str, Any], tmp_path: Path
) -> None:
    base = {"feedback": False, **fewer(0.4), **NO_LEGITIMATE}
    number = FATES.index(gate)
    before, after = (
        fates(run_tiny(tmp_path / name, period=PERIOD, **base, **values))
        for name, values in (("lax", lax), ("strict", strict))
    )
    assert before.keys() == after.keys()
    stopped = {origin for origin, fate in before.items() if fate <= number}
    stopped_now = {origin for origin, fate in after.items() if fate <= number}
    assert stopped < stopped_now
    # Not by a handful: the test would notice a gate that does not listen.
    assert len(stopped_now - stopped) > 0.01 * len(before)
