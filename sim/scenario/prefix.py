"""What of a scenario has an effect before a day: two scenarios that agree on it are the same run up to then."""

import hashlib
import json
from typing import TYPE_CHECKING

from sim.base.days import DAY_MS, day_number
from sim.scenario.effects import effects
from sim.scenario.resolved import plain

if TYPE_CHECKING:
    from sim.scenario.load import Scenario


def digest_before(scenario: "Scenario", day: int, end: bool = True) -> str:
    """Return the SHA-256, in hexadecimal digits, of all that the days before a day number depend on.

    Args:
        scenario: The scenario.
        day: The day number.
        end: Whether these days know when the period ends.
    """
    kept = effects(plain(scenario.resolved), scenario.spec, day)
    if not end:
        kept["period"] = {**kept["period"], "end": None}
    text = json.dumps(kept, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def digest_of_results(scenario: "Scenario") -> str:
    """Return the SHA-256, in hexadecimal digits, of all that tables, totals and figures of a run depend on.

    What begins after the period, what the run is called and where its values come from make no difference.
    """
    own = plain(scenario.resolved)
    seen = [digest_before(scenario, day_number(scenario.spec.period.end) + 1), own.get("costs"), own["figures"]]
    return hashlib.sha256(json.dumps(seen, ensure_ascii=False).encode("utf-8", "surrogatepass")).hexdigest()


def is_far(scenario: "Scenario", day: int) -> bool:
    """Return whether the period ends so long after a day that no message of an alert issued before can outlive it.

    What becomes of a message is settled when its alert is issued. It ends by the deadline, or the period before it.
    """
    tiers = scenario.spec.warning.tiers
    longest = max(tier.deadline for tier in (tiers.red, tiers.orange, tiers.yellow, tiers.blue))
    return day_number(scenario.spec.period.end) > day + longest // DAY_MS + 1
