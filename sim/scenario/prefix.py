"""Digests of the values that affect the days before a day: scenarios with equal digests share these days."""

import hashlib
import json
from typing import TYPE_CHECKING

from sim.base.days import day_number
from sim.scenario.effects import effects
from sim.scenario.resolved import plain

if TYPE_CHECKING:
    from sim.scenario.load import Scenario


def digest_before(scenario: "Scenario", day: int) -> str:
    """Return the SHA-256 of everything that the days before a day depend on."""
    kept = effects(plain(scenario.resolved), scenario.spec, day)
    text = json.dumps(kept, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def digest_of_results(scenario: "Scenario") -> str:
    """Return the SHA-256 of everything that results depend on; later measures, names and sources make no difference."""
    own = plain(scenario.resolved)
    seen = [digest_before(scenario, day_number(scenario.spec.period.end) + 1), own.get("costs"), own["figures"]]
    return hashlib.sha256(json.dumps(seen, ensure_ascii=False).encode("utf-8", "surrogatepass")).hexdigest()
