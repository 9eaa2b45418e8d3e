"""Pairing: which scenarios meet the same attempts and people, so that their runs can be compared one to one."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sim.base.failures import RefusedError
from sim.scenario.load import NO_RESULT
from sim.scenario.resolved import plain

if TYPE_CHECKING:
    from sim.scenario import Scenario

ALIKE = ("seed", "period", "scale", "population")
"""Sections that a pair has in common: attempts and people are drawn from them."""

NAMES = ("name", "title")


class PairingError(RefusedError, ValueError):
    """Runs that cannot be paired: which, why, and what is allowed, in one line."""


def demand_pair(base: "Scenario", other: "Scenario") -> None:
    """Raise PairingError unless two scenarios meet the same attempts and people."""
    for section in ALIKE:
        here, there = plain(base.resolved[section]), plain(other.resolved[section])
        if here != there:
            key, one, two = difference(section, here, there)
            raise PairingError(
                f"{other.name} cannot be paired with {base.name}: {key} is {two} instead of {one}; "
                f"{', '.join(ALIKE[:-1])} and {ALIKE[-1]} must be equal, or attempts and people differ"
            )


def difference(key: str, here: object, there: object) -> tuple[str, object, object]:
    """Return the dotted key of the first place at which two resolved values differ, and the value of each there."""
    if isinstance(here, dict) and isinstance(there, dict):
        for name in dict.fromkeys((*here, *there)):
            if here.get(name) != there.get(name):
                return difference(f"{key}.{name}", here.get(name), there.get(name))
    if isinstance(here, list) and isinstance(there, list):
        if len(here) != len(there):
            return f"the length of {key}", len(here), len(there)
        for number, (one, two) in enumerate(zip(here, there, strict=True)):
            if one != two:
                return difference(f"{key}[{number}]", one, two)
    return key, here, there


def demand_pairs(base: Sequence["Scenario"], other: Sequence["Scenario"]) -> None:
    """Raise PairingError unless the scenarios of two lists can be paired one by one, in order."""
    if len(base) != len(other):
        raise PairingError(
            f"{other[0].name} has {len(other)} runs and {base[0].name} has {len(base)}; "
            "both need the same number, with the same seeds"
        )
    for one, two in zip(base, other, strict=True):
        demand_pair(one, two)


def demand_replicates(scenarios: Sequence["Scenario"]) -> None:
    """Raise PairingError unless the scenarios differ in their seed only, and each has its own seed."""
    first, *others = scenarios
    for other in others:
        for section in first.resolved:
            here, there = plain(first.resolved[section]), plain(other.resolved[section])
            if section not in ("seed", *NAMES, *NO_RESULT) and here != there:
                key, one, two = difference(section, here, there)
                raise PairingError(
                    f"replicates of {first.name} differ: {key} is {one} and {two}; only their seeds may differ"
                )
    seeds = [one.spec.seed for one in scenarios]
    if len(set(seeds)) < len(seeds):
        raise PairingError(f"two replicates of {first.name} have the same seed; each needs its own seed")
