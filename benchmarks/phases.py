"""Move each number of gangs to the ends of its range, as a table in Markdown: ``python -m benchmarks.phases``.

A scenario is run with pooled provinces at a small scale, once for each seed: as it is, and with each number with a
range that says how gangs live at the low and at the high end of it. Each row shows by how many per cent victims
change, paired by seed, and where the scenario has pools of gangs, how many are left of them. It says which numbers make
the country collapse or explode. ``--write docs/mechanism.md`` puts the table between the markers of that document.
"""

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Final

from benchmarks.documents import write_into
from benchmarks.mechanism import asked_for, loaded, made, options, spread
from benchmarks.systems import moved, pools_of
from sim.experiments.parameters import Parameter, ranged_parameters
from sim.reading.outcomes import Outcome
from sim.reading.run import Run
from sim.scenario import Scenario, changed

MARKER: Final = "phases"
"""The name of the markers around the table."""

SEEDS: Final = 2
"""Few, since what is looked for is large."""

BELOW: Final = ("gangs", "fraud.retry", "dens", "aftermath.suspects.roles")
"""Sections of a scenario that say how gangs live."""

KINDS: Final = ("den_campaign", "returns", "repatriation")
"""Kinds of measures that act on gangs."""

READ_WITH_POOLS: Final = ("dens.ringleaders.", "dens.hazard.lead", "dens.hazard.case_half_life")
"""How the keys of dens begin that are read where gangs are pools, which have no slots."""

FEWEST_VICTIMS, MOST_VICTIMS, FEWEST_GANGS = 0.5, 2.0, 0.2
"""Victims as multiples of those of the scenario, and gangs of those at their start, beyond which a country collapses or
explodes."""

ENDS: Final = ("low", "high")

COUNTS: Final = {"gangs": "gangs at the end", "fewest": "gangs at their fewest"}
"""What heads the columns of each fact about pools."""


def moving(scenario: Scenario) -> dict[str, Parameter]:
    """Return the numbers of a scenario with a range that say how gangs live, by key, in its order."""
    measures = (f"measures.{name}" for name, one in scenario.spec.measures.items() if one.kind in KINDS)
    sections = tuple(f"{section}." for section in (*BELOW, *measures))
    found = {one.key: one for one in ranged_parameters(scenario) if one.key.startswith(sections)}
    if not pools_of(scenario):
        return found
    return {key: one for key, one in found.items() if not key.startswith("dens.") or key.startswith(READ_WITH_POOLS)}


def facts(finished: Run) -> Outcome:
    """Return the victims of a run, and of pools the members on the last day and on that with fewest, as shares.

    Shares are of the members at the start; without pools there are none.
    """
    found: Outcome = {"victims": float(finished.totals["victims"])}
    pools = pools_of(finished.scenario)
    if pools:
        state = finished.state[finished.state["quantity"].isin(["gangs_home", "gangs_abroad"])]
        members = state.groupby("day")["value"].sum() / pools.members
        found |= {"gangs": float(members.iloc[-1]), "fewest": float(members.min())}
    return found


def phase(base: Sequence[Outcome], own: Sequence[Outcome]) -> str:
    """Return what becomes of a country, as the mean over seeds tells: ``collapses``, ``explodes``, or nothing."""
    victims = fmean(one["victims"] for one in own) / fmean(one["victims"] for one in base)
    if victims < FEWEST_VICTIMS or fmean(one.get("fewest", 1.0) for one in own) < FEWEST_GANGS:
        return "collapses"
    return "explodes" if victims > MOST_VICTIMS else ""


def table(
    rows: Mapping[str, Parameter], base: Sequence[Outcome], found: Mapping[tuple[str, str], Sequence[Outcome]]
) -> str:
    """Return the table in Markdown.

    Args:
        rows: The number of each row, by key.
        base: Facts of the scenario as it is, by seed.
        found: Facts by key and end of its range, by seed.

    Returns:
        Its lines.
    """
    counts = COUNTS if "gangs" in base[0] else {}
    heads = [f"{what}, {end}" for what in ("victims", *counts.values()) for end in ENDS]
    lines = [f"| key | low | high | {' | '.join(heads)} | |", f"| --- |{' ---: |' * (2 + len(heads))} --- |"]
    for key, parameter in rows.items():
        ends = [found[key, end] for end in ENDS]
        pairs = [[(one["victims"], two["victims"]) for one, two in zip(base, own, strict=True)] for own in ends]
        cells = [f"{parameter.value(0.0)}", f"{parameter.value(1.0)}", *map(moved, pairs)]
        cells += [spread([one[count] for one in own], "{:.2f}") for count in counts for own in ends]
        told = (f"{phase(base, own)} ({end})" for own, end in zip(ends, ENDS, strict=True) if phase(base, own))
        lines.append(f"| {key} | {' | '.join(cells)} | {', '.join(told)} |")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    """Simulate both ends of every range for every seed, print the table, and perhaps write it into a document."""
    given = options("phases", __doc__, "key", arguments, SEEDS)
    own = loaded(given.scenario, given.scale)
    known = moving(own)
    rows = {key: known[key] for key in asked_for(given, known)}
    seeds = range(own.spec.seed, own.spec.seed + given.seeds)
    moves = {(key, end): {key: one.value(at)} for key, one in rows.items() for at, end in enumerate(ENDS)}
    asked = [own, *(changed(own, values) for values in moves.values())]
    found = iter(made(given, facts, [changed(one, {"seed": seed}) for one in asked for seed in seeds]))
    base, *others = ([next(found) for _ in seeds] for _ in asked)
    lines = table(rows, base, dict(zip(moves, others, strict=True)))
    print(lines)
    write_into(given.write, MARKER, lines)


if __name__ == "__main__":
    main()
