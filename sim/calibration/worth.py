"""Worth of knowing a driver: by how much the intervals of answers would be narrower.

The expected value of perfect information about one parameter, for the width of an interval: if the parameter were
known, the share of the answer's variance that its first-order index says would vanish (Oakley, Brennan, Tappenden and
Chilcott, Journal of Health Economics 29, 2010, for decisions). Widths go with the root of a variance.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sim.calibration.drivers import MOST

Key = tuple[str, str]
"""An answer: a policy, empty for the scenario itself, and a total."""

Indices = Mapping[Key, Mapping[str, float]]
"""First-order indices by runs, by answer and parameter; those that chance explains are not there."""


def narrower(first: float) -> float:
    """Return the share of an interval's width that vanishes if a parameter with this first-order index is known."""
    return 1.0 - float(max(1.0 - first, 0.0) ** 0.5)


def indices_in(part: Mapping[str, Any]) -> Indices:
    """Return the indices in the report of a posterior, of totals and of changes by policies."""
    answers = {("", name): one for name, one in part["answers"].items()}
    for policy in part.get("policies", ()):
        answers |= {(policy["policy"], name): one for name, one in policy["answers"].items()}
    return {key: {row["key"]: row["first"] for row in one["drivers"] if row["found"]} for key, one in answers.items()}


def worth_rows(indices: Indices) -> tuple[list[str], list[list[str]]]:
    """Return names of columns and rows of a table: by how much each answer is narrower if a driver is known.

    Drivers are at most ``MOST``, that with the largest index first: of the totals of the scenario, then of policies.
    """
    totals = [total for policy, total in indices if not policy]
    changes = list(dict.fromkeys(total for policy, total in indices if policy))
    largest: dict[str, tuple[float, float]] = {}
    for (policy, _), found in indices.items():
        for key, first in found.items():
            own, of_policies = largest.get(key, (0.0, 0.0))
            largest[key] = (own, max(first, of_policies)) if policy else (max(first, own), of_policies)
    drivers = sorted(largest, key=lambda key: (tuple(-one for one in largest[key]), key))[:MOST]
    rows = [
        [
            f"`{key}`",
            *(_share(indices["", total], key) for total in totals),
            *(_of_policies(indices, key, total) for total in changes),
        ]
        for key in drivers
    ]
    return ["driver", *totals, *(f"change of {total} by" for total in changes)], rows


def _share(found: Mapping[str, float], key: str) -> str:
    return f"{narrower(found[key]):.0%}" if key in found else ""


def _of_policies(indices: Indices, key: str, total: str) -> str:
    """Return the policies whose change of a total would have a narrower interval, and by how much, the most first."""
    found = {policy: one for (policy, name), one in indices.items() if policy and name == total and key in one}
    order: Sequence[str] = sorted(found, key=lambda policy: (-found[policy][key], policy))
    return ", ".join(f"`{policy.partition('=')[0]}` {_share(found[policy], key)}" for policy in order)
