"""Victims averted: whoever a warning stopped before a payment, and who pays where nobody is warned."""

from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

import sim
from sim.draws.identity import fraud_type_of
from sim.episode import STEPS
from tests.engines.log import DAY
from tests.engines.small import TYPES, fewer, run_tiny

DAYS = {"start": "2022-01-29", "end": "2022-02-02", "warmup": "0 d"}
LONG = {**DAYS, "end": "2022-03-20"}
"""So long that whoever was drawn in on ``DAYS`` has paid or left."""

ALONE = {"feedback": False}
"""No episode changes another one."""
SILENT = {"measures.warning-central": None, "measures.warning-local": None}

POOLED = {"scale": 0.005, "population.pool": "country", "gangs.answer.shift": 0.0, "gangs.answer.supply": 0.0}
"""Gangs that stand still: both policies meet the same attempts."""


def stopped_unpaid(run: sim.Run) -> dict[int, tuple[date, int]]:
    """Return the origins whose episode a warning stopped before any payment, each with its day and province."""
    paid = set(run.events.query("event == 'payment'")["origin"])
    rows = run.events.query("event == 'stage' and result == 'stopped'")
    start = date.fromisoformat(DAYS["start"])
    return {
        int(row.origin): (start + timedelta(days=int(row.moment) // DAY), int(row.province))
        for row in rows.itertuples()
        if row.origin not in paid
    }


WAITS = {"kind": "payment_delay", "window": ["2022-01-01", None], "intensity": 0.9, "wait": "12 h"}


@pytest.mark.parametrize(
    ("hold", "waits"), [(0.0, {}), (0.3, {}), (0.3, {"measures.waits": {**WAITS, "second_thoughts": "12 h"}})]
)
def test_averted_are_those_stopped_who_pay_where_nobody_is_warned(
    hold: float, waits: dict[str, Any], tmp_path: Path
) -> None:
    values: dict[str, Any] = {**ALONE, "measures.banks.intensity": hold, **waits}
    warned = run_tiny(tmp_path / "warned", period=DAYS, **values)
    silent = run_tiny(tmp_path / "silent", period=LONG, **values, **SILENT)
    stopped = stopped_unpaid(warned)
    victims = set(silent.events.query("event == 'payment'")["origin"])
    expected = Counter((*place, TYPES[fraud_type_of(origin)]) for origin, place in stopped.items() if origin in victims)
    assert len(stopped) == warned.outcomes["saved"].sum()
    assert 20 < expected.total() < len(stopped) - 20
    rows = warned.outcomes.groupby(["day", "province", "fraud_type"], observed=True)["averted"].sum()
    found = {(day.date(), code, kind): int(n) for (day, code, kind), n in rows[rows > 0].items()}
    assert found == dict(expected)
    assert silent.totals["averted"] == 0


def test_whoever_cannot_drop_out_would_have_paid(tmp_path: Path) -> None:
    never = {f"fraud.types.{kind}.dropout": dict.fromkeys(STEPS, 0.0) for kind in TYPES}
    run = run_tiny(tmp_path / "run", "none", DAYS, **ALONE, **never, **{"measures.banks": None})
    assert run.totals["saved"] > 100
    assert (run.outcomes["averted"] == run.outcomes["saved"]).all()


def test_nobody_would_have_paid_where_banks_hold_every_payment(tmp_path: Path) -> None:
    run = run_tiny(tmp_path / "run", "none", DAYS, **ALONE, **{"measures.banks.intensity": 1.0})
    assert run.totals["saved"] > 100
    assert run.totals["averted"] == run.totals["victims"] == 0


def test_warnings_that_nobody_heeds_avert_nothing(tmp_path: Path) -> None:
    deaf = {f"warning.dissuasion.stop.{channel}": 0.0 for channel in ("app", "sms", "call", "visit")}
    run = run_tiny(tmp_path / "run", "none", DAYS, **fewer(0.3), **ALONE, **deaf)
    assert run.alerts.query("end == 'reached' and truth == 'episode'")["count"].sum() > 20
    assert run.totals["saved"] == run.totals["averted"] == 0


@pytest.mark.slow
def test_averted_agrees_with_what_happens_without_warnings() -> None:
    """Within 5 per cent; what is left is what alerts do beyond their episode.

    Fewer victims engage again (``victim_before_factor``), fewer cases bring fewer leads, arrests and raids.
    """
    warned, silent = (
        sim.run(sim.load_scenario(name, seed=11, **POOLED)).totals for name in ("china-2022", "no-warning")
    )
    fewer_victims = silent["victims"] - warned["victims"]
    assert warned["averted"] == pytest.approx(fewer_victims, rel=0.05)
    assert warned["saved"] > 1.5 * fewer_victims
