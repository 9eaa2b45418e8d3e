"""Show what the mechanism does under load, as tables in Markdown: ``python -m benchmarks.mechanism``.

A scenario is run with pooled provinces at a small scale, once for each seed: with more and less staff, other
thresholds, other deadlines, and other rules of dispatch. Each row of a table is one such policy, compared with the
scenario on the same attempts. ``--write docs/mechanism.md`` puts the tables between the markers of that document.
"""

import argparse
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from fractions import Fraction
from math import log2
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from benchmarks.documents import write_into
from sim.base.days import MINUTE_MS
from sim.base.words import DESK_LABELS, Discipline, Tier, Truth
from sim.experiments.intervals import half_width
from sim.experiments.simulations import Reader, Simulations
from sim.experiments.sparing import ratio
from sim.reading.costs import COST
from sim.reading.evidence import FORMULAS, Inside, Span, UnknownError
from sim.reading.outcomes import Outcome
from sim.reading.run import Run
from sim.scenario import Scenario, changed, load_scenario
from sim.scenario.schema.population import COUNTRY, Pool
from sim.store.holding import holding
from sim.store.scope import Scope

SCALE, SEEDS = 0.005, 4
STAFF = (0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0)
"""Times the scenario's staff, of both desks."""
SHIFTS = (-0.6, -0.4, -0.2, 0.0, 0.2, 0.4, 0.6)
"""Standard deviations of a score by which every threshold of both detectors moves."""
DEADLINES = (1, 2, 4, 8, 12, 24, 48)
"""Hours from issue."""
HALF = 0.5
"""Times the scenario's staff with which the rules of dispatch are tried too."""
PROMISE = 120
"""Minutes in which a first contact is quick."""

MONTHLY = (
    *("visits_per_day", "reached_red", "expired_red", "expired_orange", "expired_yellow"),
    *("first_contact_red", "first_contact_orange", "utilisation_call", "utilisation_visit"),
)
"""Quantities of the inside that are looked at in the last calendar month of the period."""
QUICK_RED = "quick_red"
"""The share of red alerts whose first call or visit begins within ``PROMISE`` minutes of their detection."""

Values = Mapping[str, Any]


@dataclass(frozen=True)
class Policy:
    """A row of a table: its name, its values by dotted key, and another scenario that they change, if any."""

    name: str
    values: Values = field(default_factory=dict)
    scenario: str | None = None


def staff(scenario: Scenario, times: float) -> Values:
    """Return the values of a scenario whose two desks have so many times its staff."""
    return {f"desks.{desk}.staff": times * getattr(scenario.spec.desks, desk).staff for desk in DESK_LABELS}


def thresholds(scenario: Scenario, by: float) -> Values:
    """Return the values of a scenario whose thresholds all move by so much."""
    detectors = scenario.spec.warning.detectors
    return {
        f"warning.detectors.{name}.thresholds.{tier}": round(getattr(settings.thresholds, tier) + by, 6)
        for name, settings in (("central", detectors.central), ("local", detectors.local))
        for tier in Tier.labels()
    }


def deadlines(hours: int, tiers: Sequence[str]) -> Values:
    """Return the values of a scenario in which these tiers have that deadline."""
    return {f"warning.tiers.{tier}.deadline": f"{hours} h" for tier in tiers}


def discipline(name: str) -> Values:
    """Return the values of a scenario whose desks have that discipline."""
    return {f"desks.{desk}.discipline": name for desk in DESK_LABELS}


def staff_policies(scenario: Scenario) -> Iterator[Policy]:
    """Yield a policy for each size of the staff."""
    for times in STAFF:
        yield Policy(f"{times:g}", staff(scenario, times) if times != 1 else {})


def threshold_policies(scenario: Scenario) -> Iterator[Policy]:
    """Yield a policy for each shift of the thresholds."""
    for by in SHIFTS:
        yield Policy(f"{by:+g}" if by else "0", thresholds(scenario, by) if by else {})


def red_deadline_policies(_: Scenario) -> Iterator[Policy]:
    """Yield a policy for each deadline of red alerts."""
    for hours in DEADLINES:
        yield Policy(f"{hours} h", deadlines(hours, [Tier.RED.label]))


def all_deadline_policies(_: Scenario) -> Iterator[Policy]:
    """Yield a policy for each deadline that all tiers have."""
    for hours in DEADLINES:
        yield Policy(f"{hours} h", deadlines(hours, Tier.labels()))


def dispatch_policies(scenario: Scenario) -> Iterator[Policy]:
    """Yield the rules of dispatch, with the scenario's staff."""
    yield from _rules({})
    yield Policy("visit-only: visited only, and staff that does not grow", scenario="visit-only")


def few_dispatch_policies(scenario: Scenario) -> Iterator[Policy]:
    """Yield the rules of dispatch, with half of the scenario's staff."""
    yield from _rules(staff(scenario, HALF))


def _rules(values: Values) -> Iterator[Policy]:
    """Yield the rules of dispatch; the first of them changes nothing but these values."""
    own, *others = Discipline.labels()
    visited = {**values, "warning.tiers.red.first": "visit"}
    lends = {desk: {f"desks.{desk}.lends": True} for desk in DESK_LABELS}
    yield Policy(f"called and visited at once, {_plain(own)} first", values)
    for name in others:
        yield Policy(f"the same, {_plain(name)} first", {**values, **discipline(name)})
    for desk, lending in lends.items():
        yield Policy(f"the same, {desk} desks lend", {**values, **lending})
    yield Policy("the same, both desks lend", {**values, **lends["call"], **lends["visit"]})
    yield Policy("the same, and visited if reached", {**values, "warning.tiers.red.also_if_reached": True})
    yield Policy("called, then visited", {**values, "warning.tiers.red.first": "call"})
    yield Policy(f"visited only, {_plain(own)} first", visited)
    for name in others:
        yield Policy(f"visited only, {_plain(name)} first", {**visited, **discipline(name)})


def _plain(word: str) -> str:
    return word.replace("_", " ")


@dataclass(frozen=True)
class Section:
    """A table: what heads its first column, its policies, and whether its first policy is what the others are beside.

    Where it is not, that is the scenario itself.
    """

    head: str
    policies: Callable[[Scenario], Iterator[Policy]]
    beside_first: bool = False


SECTIONS: Mapping[str, Section] = {
    "staff": Section("staff of both desks, times", staff_policies),
    "thresholds": Section("thresholds moved by", threshold_policies),
    "red-deadline": Section("deadline of red alerts", red_deadline_policies),
    "all-deadlines": Section("deadline of all tiers", all_deadline_policies),
    "dispatch": Section("red alerts are", dispatch_policies, beside_first=True),
    "few-dispatch": Section("with half of the staff, red alerts are", few_dispatch_policies, beside_first=True),
}
"""Tables by the name of their markers."""


def facts(finished: Run) -> Outcome:
    """Return what the mechanism of a run did.

    Returns:
        Of the period and the country: victims, people saved, and costs with both ends of their prices. Of its last
        calendar month: ``MONTHLY`` and ``QUICK_RED``, None where there is nothing of it.
    """
    totals = {name: amount for name, amount in dict(finished.totals).items() if name.startswith(COST)}
    found: Outcome = {**totals, **{name: finished.totals[name] for name in ("victims", "saved")}}
    scope = Scope.of(finished.scenario)
    month = Span(Inside.read(finished.path, scope), 0, scope.days - 1).months()[-1]
    for name in (*MONTHLY, QUICK_RED):
        formula = (lambda span, _: quick(span, Tier.RED.label)) if name == QUICK_RED else FORMULAS[name]
        found[name] = None
        with suppress(UnknownError):
            found[name] = float(formula(month, ""))
    return found


def quick(span: Span, tier: str) -> Fraction:
    """Return the share of a tier's alerts whose first contact came within ``PROMISE`` minutes.

    Args:
        span: The sums of a window.
        tier: The label of the tier.

    Returns:
        First calls and visits that begin within ``PROMISE`` minutes of detection, by alerts issued. Within its bin the
        logarithm of a wait is taken to be uniform, as for the median.

    Raises:
        UnknownError: If there are no such alerts.
    """
    alerts = span.alerts(Truth.labels(), tier)
    if not alerts:
        raise UnknownError
    return within(span.binned("first_contacts", tier), PROMISE) / alerts


def within(bins: Sequence[tuple[int, int]], minutes: int) -> Fraction:
    """Return how many of what was counted in bins that double lie below a number of minutes.

    Args:
        bins: The upper edge of each in ms, twice its lower one, and how many lie in it.
        minutes: Minutes.

    Returns:
        A number that need not be whole.
    """
    inside = Fraction(0)
    for edge, count in bins:
        steps = log2(minutes * MINUTE_MS / (edge / 2))
        inside += count * Fraction(min(1.0, max(0.0, steps)))
    return inside


def scenario_of(policy: Policy, own: Scenario, seed: int) -> Scenario:
    """Return the scenario of a policy: its own or another one, pooled and as small as the scenario that is asked."""
    start = own if policy.scenario is None else loaded(policy.scenario, own.spec.scale, own.spec.population.pool)
    return changed(start, {**policy.values, "seed": seed})


def loaded(name: str, scale: float, pool: Pool = COUNTRY) -> Scenario:
    """Return a scenario with pooled provinces at a scale."""
    return load_scenario(name, {"population.pool": str(pool)}, scale=scale)


def table(head: str, policies: Sequence[Policy], base: Sequence[Outcome], found: Sequence[Sequence[Outcome]]) -> str:
    """Return a table in Markdown.

    Args:
        head: What heads the first column.
        policies: The policies of its rows.
        base: Facts of the policy that they are beside, by seed.
        found: Facts of each policy, by seed.

    Returns:
        Its lines.
    """
    columns = (
        *("victims", "difference", "saved", "visits a day", "red reached", "red in 2 h"),
        *("red expired", "orange expired", "yellow expired", "first contact, red", "first contact, orange"),
        *("calls busy", "visits busy", "cost, million yuan", "yuan a victim spared"),
    )
    lines = [f"| {head} | {' | '.join(columns)} |", f"| --- |{' ---: |' * len(columns)}"]
    for policy, own in zip(policies, found, strict=True):
        same = all(one == two for one, two in zip(base, own, strict=True))
        cells = [
            spread([one["victims"] / 1e3 for one in own], "{:,.0f}"),
            "" if same else difference(base, own),
            spread([one["saved"] / 1e3 for one in own], "{:,.0f}"),
            spread([one["visits_per_day"] for one in own], "{:,.0f}"),
            *(spread([one[name] for one in own], "{:.1%}") for name in ("reached_red", QUICK_RED)),
            *(
                spread([one[name] for one in own], "{:.1%}")
                for name in ("expired_red", "expired_orange", "expired_yellow")
            ),
            *(spread([one[f"first_contact_{tier}"] for one in own], "{:,.0f} min") for tier in ("red", "orange")),
            *(spread([one[f"utilisation_{desk}"] for one in own], "{:.1%}") for desk in DESK_LABELS),
            spread([one[f"{COST}.total"] / 1e6 for one in own], "{:,.0f}"),
            "" if same else price(base, own),
        ]
        lines.append(f"| {policy.name} | {' | '.join(cells)} |".replace("%", " %").replace("  ", " "))
    return "\n".join(lines)


def spread(values: Sequence[float | None], shape: str) -> str:
    """Return the mean of a quantity over seeds, and half of its confidence interval; a dash where it has no value."""
    known = [value for value in values if value is not None]
    if len(known) < len(values) or not known:
        return "–"
    if len(known) == 1:
        return shape.format(known[0])
    half = shape.format(half_width(stdev(known), len(known))).removesuffix(" min").removesuffix("%")
    return f"{shape.format(fmean(known))} ± {half}"


def difference(base: Sequence[Outcome], own: Sequence[Outcome]) -> str:
    """Return the thousands of victims more than the base has, seed by seed, with half of the interval of their mean."""
    more, half = _more_victims(base, own)
    return f"{more / 1e3:+,.1f}" + ("" if half is None else f" ± {half / 1e3:,.1f}")


def price(base: Sequence[Outcome], own: Sequence[Outcome]) -> str:
    """Return what it costs to spare one more victim, with the interval by chance, or why there is no such price."""
    more, half = _more_victims(base, own)
    if abs(more) <= (half or 0.0):
        return "cannot be told"
    pairs = list(zip(base, own, strict=True))
    found = ratio([pairs], "cost_per_victim_spared", 1.0)
    if found.value is None:
        return "dearer, more victims" if more > 0 else "cheaper, fewer victims"
    interval = "" if found.chance is None else f" ({found.chance[0]:,.0f} to {found.chance[1]:,.0f})"
    return f"{'saves ' if more > 0 else ''}{found.value:,.0f}{interval}"


def _more_victims(base: Sequence[Outcome], own: Sequence[Outcome]) -> tuple[float, float | None]:
    """Return the mean of the pairs' differences, and half of its confidence interval where there are several."""
    pairs = [float(two["victims"] - one["victims"]) for one, two in zip(base, own, strict=True)]
    return fmean(pairs), half_width(stdev(pairs), len(pairs)) if len(pairs) > 1 else None


def options(
    module: str, description: str | None, noun: str, arguments: Sequence[str] | None, seeds: int = SEEDS
) -> argparse.Namespace:
    """Return the options of a benchmark that writes tables of pooled runs.

    Args:
        module: Of the benchmarks, as it is called.
        description: What it does.
        noun: What each name is that it may be asked for.
        arguments: Of the command; those of the process if None.
        seeds: How many there are by default.
    """
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.{module}", description=description)
    parser.add_argument("scenario", nargs="?", default="china-2022")
    parser.add_argument("--scale", type=float, default=SCALE)
    parser.add_argument("--seeds", type=int, default=seeds, help="counting up from the scenario's")
    parser.add_argument("--workers", type=int, default=None, help="runs at a time; all cores by default")
    parser.add_argument("--only", help=f"names of each {noun}, with commas between them; all by default")
    parser.add_argument("--out", type=Path, help="where finished runs are kept: the same command resumes from there")
    parser.add_argument("--write", type=Path, metavar="FILE", help="the document that gets the tables")
    parser.set_defaults(noun=noun, error=parser.error)
    return parser.parse_args(arguments)


def asked_for(given: argparse.Namespace, known: Collection[str]) -> list[str]:
    """Return the names that a benchmark with these options is asked for, all of the known ones by default."""
    names = given.only.split(",") if given.only else list(known)
    if unknown := [name for name in names if name not in known]:
        given.error(f"{unknown[0]} is not a {given.noun}; use {', '.join(known)}")
    return names


def made(given: argparse.Namespace, read: Reader, scenarios: Sequence[Scenario]) -> list[Outcome]:
    """Return what is read of a run of each scenario; those that the folder of the options has are not made again."""
    with tempfile.TemporaryDirectory() as thrown:
        folder = given.out or Path(thrown)
        folder.mkdir(parents=True, exist_ok=True)
        with holding(folder), Simulations(folder, read, workers=given.workers) as simulations:
            return list(simulations.run(scenarios, len(scenarios)))


def main(arguments: Sequence[str] | None = None) -> None:
    """Simulate every policy for every seed, print the tables, and perhaps write them into a document."""
    given = options("mechanism", __doc__, "table", arguments)
    names = asked_for(given, SECTIONS)
    own = loaded(given.scenario, given.scale)
    seeds = range(own.spec.seed, own.spec.seed + given.seeds)
    policies = {name: list(SECTIONS[name].policies(own)) for name in names}
    asked = [Policy(given.scenario), *(policy for name in names for policy in policies[name])]
    outcomes = iter(made(given, facts, [scenario_of(policy, own, seed) for policy in asked for seed in seeds]))
    own_facts, *found = ([next(outcomes) for _ in seeds] for _ in asked)
    groups = iter(found)
    for name in names:
        rows = [next(groups) for _ in policies[name]]
        base = rows[0] if SECTIONS[name].beside_first else own_facts
        lines = table(SECTIONS[name].head, policies[name], base, rows)
        print(f"{name}\n\n{lines}\n")
        write_into(given.write, name, lines)


if __name__ == "__main__":
    main()
