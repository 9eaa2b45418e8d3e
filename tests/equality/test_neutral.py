"""What does nothing changes no byte: factors of one, measures that act on nobody, signs that all show."""

from pathlib import Path
from typing import Any

import pytest

from tests.engines.small import TWO_DAYS, fewer, run_tiny
from tests.equality.hashes import hashes_of
from tests.equality.scenarios import ANSWERING, COURSE, SHARP, TIERS, TRANSFERS, measure, taught
from tests.slots import TINY

DELAY = measure("payment_delay", 11, 44, 65, intensity=1, wait="24 h", **COURSE)
SHOWN = {
    "episode": dict.fromkeys(("contact", "engaged", "opened", "payment"), 1.0),
    **dict.fromkeys(("ignored", "unanswered", "legitimate"), 1.0),
}
EDUCATED: dict[str, Any] = {**SHARP, "feedback": False, "period": {**TWO_DAYS, "warmup": "4 d"}}
FULL = {"pools": None, "start": 1.0, "recruiting": "5 per year", "reopens_with": 1.0, "crew_share": 0.0, "slower": 1.0}
USUAL = ANSWERING["gangs"]["answer"]["usual"]

NEUTRAL: dict[str, tuple[dict[str, Any], dict[str, Any], set[str]]] = {
    "factors of one": ({}, {"fraud.episode": {"delay_factor": 1, "dropout_odds": 1}}, set()),
    "visits": (
        {},
        {
            "desks.visit.refused": 0.0,
            "warning.dissuasion.family": {"share": 0.0, "bonus": 1.0},
            "warning.dissuasion.again": 0.5,
            **{
                f"warning.tiers.{tier}.by_age": [{"ages": [100, None], "first": "call", "deadline": "1 h"}]
                for tier in TIERS
            },
        },
        set(),
    ),
    "delays": (
        TRANSFERS,
        {
            "measures.no-wait": {**DELAY, "wait": "0 h"},
            "measures.an-amount-above-all-losses": {**DELAY, "above": 1e13},
            "measures.an-age-that-nobody-has": {**DELAY, "ages": [100, None]},
            "measures.no-intensity": {**DELAY, "intensity": 0},
            "measures.no-days": {**DELAY, "window": ["2030-01-01", None]},
        },
        set(),
    ),
    "ages that nobody has": (EDUCATED, taught([100, None], [120, 130]), {"flows"}),
    "ages of everybody": ({**EDUCATED, **taught(None, None)}, taught([0, None], [0, 99]), set()),
    "gangs without feedback": ({**TINY, "feedback": False}, {"gangs": ANSWERING["gangs"]}, set()),
    "full crews": (TINY, {"gangs": FULL}, {"state"}),
    "gangs that do not answer": (
        {**TINY, "gangs": FULL},
        {"gangs": {**FULL, "answer": {"shift": 0.0, "supply": 0.0, "lag": "3 d", "usual": USUAL}}},
        {"state"},
    ),
    "a sign that all show at once": ({}, {"warning.signs": {"seen": SHOWN}, "warning.tiers.red.sign": "seen"}, set()),
    "no quiet": ({}, {"warning.quiet": "0 s"}, set()),
}
"""A setting, what is changed of it, and the tables that tell of it."""


@pytest.mark.parametrize("name", NEUTRAL)
def test_what_does_nothing_changes_no_byte(name: str, tmp_path: Path) -> None:
    base, change, tables = NEUTRAL[name]
    one, other = (
        hashes_of(run_tiny(tmp_path / str(number), engine="vector", **{**fewer(0.3), **base, **values}))
        for number, values in enumerate(({}, change))
    )
    assert {table for table in one if one[table] != other[table]} == tables
