"""Results that experiments keep of a finished run, in plain values; workers import these functions by name."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from sim.base.words import DESK_LABELS, End, Tier
from sim.reading.costs import COST, COST_HIGH, COST_LOW, COST_RATIO
from sim.reading.evidence import Inside, quantity
from sim.reading.figures import flat
from sim.store.query import sums

if TYPE_CHECKING:
    from sim.reading.run import Run
    from sim.scenario import Scenario

Outcome = dict[str, Any]

FAILURES = (End.UNREAD.label, End.UNANSWERED.label, End.EXPIRED.label)
"""Ends of alerts that failed to reach anyone."""


def figures_evidence_and_quantities(run: "Run") -> Outcome:
    """Return ``quantities``, and ``figures`` and ``evidence`` in the scenario's order, with null for missing values.

    Where the run has any, ``derived`` has its ``derived_values``.
    """
    manifest = run.manifest
    derived = derived_values(run)
    return {
        "figures": [figure["simulated"] for figure in manifest["figures"]],
        "evidence": [row["simulated"] for row in manifest.get("evidence", [])],
        "quantities": quantities(run),
        **({"derived": derived} if derived else {}),
    }


def derived_values(run: "Run") -> Outcome:
    """Return what a run has found in place of values that its scenario does not state, by dotted key.

    These are ``fraud.retry.CHANNEL.usual`` and ``gangs.answer.usual.CHANNEL.TYPE``. A scenario that states them has the
    same results to the bit. It is empty where all are stated.
    """
    found: Outcome = run.manifest.get("derived", {})
    return found


def quantities(run: "Run") -> Outcome:
    """Return the quantities that are compared: flat totals, and each figure with a value, ``NAME@START..END``.

    Ratios of totals are left out, since their differences mean little and they have no value if nothing was saved.
    """
    found = {name: amount for name, amount in _compared(flat(run.manifest["totals"])).items() if amount is not None}
    for row in run.manifest["figures"]:
        if row["simulated"] is not None:
            found[_name(row["name"], row["window"])] = row["simulated"]
    return found


class _Waits(Inside):
    """The sums that ``quantities_and_waits`` needs in addition to totals and figures."""

    tables: ClassVar = {name: Inside.tables[name] for name in ("alerts", "first_contacts")}
    views: ClassVar = {}
    only: ClassVar = {}


WAITS = tuple(f"{name}_{tier}" for name in ("expired", "first_contact") for tier in Tier.labels())
"""The names that ``quantities_and_waits`` adds to ``quantities``."""


def quantities_and_waits(run: "Run") -> Outcome:
    """Return ``quantities``, and the waits of each tier over the whole period.

    ``expired_TIER`` is the share of alerts whose deadline passed, ``first_contact_TIER`` the median minutes from
    detection to the first call or visit. Shares of nothing are left out.
    """
    from sim.store.columns import Scope

    waits = _Waits.read(run.path, Scope.of(run.scenario))
    found = {name: quantity(waits, name, None) for name in WAITS}
    return quantities(run) | {name: float(amount) for name, amount in found.items() if amount is not None}


def benefits_and_costs(run: "Run") -> Outcome:
    """Return the benefits and costs of the layers of a run, in the country.

    They are ``victims``; ``net_loss_money``, lost by all victims less what was recovered; ``false_alarms``, alerts
    about legitimate contacts; ``false_blocks``; ``staff_hours`` of calls and visits, together and each. If its scenario
    has prices, also each part of the costs at each end of prices, named as in ``run.totals``; withheld ones are left
    out.
    """
    totals = run.manifest["totals"]
    costs = {
        name: amount
        for name, amount in flat(totals).items()
        if name.startswith((f"{COST}.", f"{COST_LOW}.", f"{COST_HIGH}.")) and amount is not None
    }
    return {
        "victims": totals["victims"],
        "net_loss_money": totals["loss_money"] - totals["recovered_money"],
        "false_alarms": totals["alerts_by_truth"]["legitimate"],
        "false_blocks": totals["false_blocks"],
        "staff_hours": totals["staff_hours_call"] + totals["staff_hours_visit"],
        **{f"staff_hours_{desk}": totals[f"staff_hours_{desk}"] for desk in DESK_LABELS},
        **costs,
    }


def service(run: "Run", desk: str, tier: str, tiers: Sequence[str], days: int) -> Outcome:
    """Return the ends of the alerts of a tier and the utilisation of a desk.

    Args:
        run: A finished run.
        desk: The label of a channel that needs staff.
        tier: The label of the tier.
        tiers: Tiers whose busiest day is found.
        days: How many days of the period count as days of issue.

    Returns:
        ``provinces``, as simulated, by code as a text. Of the alerts of ``tier`` issued in the first ``days`` days:
        ``alerts``, all of them; ``reached``; ``failed``, those that ended unread, unanswered or expired. The rest were
        superseded, became moot or are open, which no desk could help. ``peak``: the most alerts of ``tiers`` issued on
        one day of the period. ``busy_ms`` and ``staffed_ms`` of the desk, over the period. In addition, of the country:
        ``victims`` and ``prevented_money``.
    """
    last = run.scenario.spec.period.start + timedelta(days=days - 1)
    counts: dict[str, Counter[int]] = {name: Counter() for name in ("alerts", "reached", "failed", "peak")}
    for row in sums(run.path, "alerts", ["day", "province", "end"], ["count"], {"tier": [tier]}).to_pylist():
        if row["day"] <= last:
            counts["alerts"][row["province"]] += row["count"]
            if row["end"] == End.REACHED.label:
                counts["reached"][row["province"]] += row["count"]
            elif row["end"] in FAILURES:
                counts["failed"][row["province"]] += row["count"]
    for row in sums(run.path, "alerts", ["day", "province"], ["count"], {"tier": tiers}).to_pylist():
        counts["peak"][row["province"]] = max(counts["peak"][row["province"]], row["count"])
    times = ("busy_ms", "staffed_ms")
    rows = sums(run.path, "hours", ["province"], times, {"channel": [desk]}).to_pylist()
    counts |= {name: Counter({row["province"]: row[name] for row in rows}) for name in times}
    return {
        "provinces": {
            str(row.code): {name: count[row.code] for name, count in counts.items()}
            for row in run.scenario.spec.population.provinces
        },
        "victims": run.manifest["totals"]["victims"],
        "prevented_money": run.manifest["totals"]["prevented_money"],
    }


OF_SUMS = frozenset(
    {figures_evidence_and_quantities, derived_values, quantities, quantities_and_waits, benefits_and_costs, service}
)
"""Functions that need ``run.json`` and sums of tables only, so that a run need not write its tables for them."""


def quantity_names(scenario: "Scenario") -> list[str]:
    """Return the names of the ``quantities`` of a run of a scenario, without running it."""
    from sim.reading.figures import CHANGE, amount, iso, totals
    from sim.reading.quantities import Quantities
    from sim.store.columns import Scope

    scope = Scope.of(scenario)
    nothing = Quantities(scope, {})
    found = list(_compared(flat(totals(nothing))))
    for target in scope.targets:
        # A change has no value if nothing is counted, but the quantity has one in both windows.
        change = target.name.endswith(CHANGE)
        windows = [target.window, *([target.base] if change else [])]
        name = target.name.removesuffix(CHANGE)
        if all(window is not None and amount(nothing, name, window) is not None for window in windows):
            found.append(_name(target.name, iso(target.window)))
    return found


def _compared(totals: Outcome) -> Outcome:
    """Return flat totals without ratios."""
    return {name: amount for name, amount in totals.items() if not name.startswith(COST_RATIO)}


def _name(figure: str, window: Sequence[str | None]) -> str:
    return f"{figure}@{window[0]}..{window[1] or ''}"
