"""Compare a pooled run with few people with the whole country: ``python -m benchmarks.pooling RUN``.

RUN is the folder of a finished run of the whole country; only its tables are read. The same scenario is run with pooled
provinces at a small scale, once for each seed, and the results of its desks are printed as a table in Markdown.
"""

import argparse
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import fmean, stdev

from sim.base.days import MINUTE_MS
from sim.base.words import DESK_LABELS, End, Tier
from sim.reading.run import Run
from sim.running import run
from sim.scenario import changed

SAVED, VICTIMS = "people saved", "victims"
WAIT, EXPIRED = "median wait, {}", "expired, {}"
"""Names of what is compared; the latter two of each tier."""


def facts(finished: Run) -> dict[str, float]:
    """Return what the desks of a run did.

    Returns:
        People saved and victims, of the country; and by tier, as far as it has any, the median wait of a try at a desk,
        in minutes, and the share of alerts that expired.
    """
    found = {SAVED: float(finished.totals["saved"]), VICTIMS: float(finished.totals["victims"])}
    waits, alerts = finished.waits, finished.alerts
    at_desks = waits[waits["channel"].isin(DESK_LABELS)]
    for tier in Tier.labels():
        counts = at_desks[at_desks["tier"] == tier].groupby("bin")["count"].sum()
        if len(counts):
            found[WAIT.format(tier)] = (
                median(dict(zip(counts.index.tolist(), counts.tolist(), strict=True))) / MINUTE_MS
            )
        of_tier = alerts[alerts["tier"] == tier]
        if total := int(of_tier["count"].sum()):
            expired = of_tier.loc[of_tier["end"] == End.EXPIRED.label, "count"].sum()
            found[EXPIRED.format(tier)] = float(expired) / total
    return found


def median(counts: Mapping[int, int]) -> float:
    """Return the median of binned waits, which are taken to be even within a bin.

    Args:
        counts: Waits by the upper edge of their bin, in ms; the first bin begins at 0, every other at half of its edge.

    Returns:
        The median, in ms.

    Raises:
        ValueError: If there are no waits.
    """
    half, before = sum(counts.values()) / 2, 0
    for edge in sorted(counts):
        if before + counts[edge] >= half:
            low = edge / 2 if edge > MINUTE_MS else 0.0
            return low + (edge - low) * (half - before) / counts[edge]
        before += counts[edge]
    raise ValueError("there are no waits")


def rows(whole: Mapping[str, float], pooled: Sequence[Mapping[str, float]]) -> Iterator[str]:
    """Yield a row of the table for each fact that all runs have: one to one, mean of the pooled, error, spread."""
    for name, value in whole.items():
        own = [one[name] for one in pooled if name in one]
        if len(own) < len(pooled):
            continue
        mean, spread = fmean(own), stdev(own) if len(own) > 1 else 0.0
        if name in (SAVED, VICTIMS):
            cells = (f"{value:,.0f}", f"{mean:,.0f}", f"{mean / value - 1:+.1%}", f"{spread / value:.1%}")
        elif name.startswith(EXPIRED.format("")):
            points = (f"{100 * (mean - value):+.2f} points", f"{100 * spread:.2f} points")
            cells = (f"{value:.2%}", f"{mean:.2%}", *points)
        elif value <= 1.0 and mean <= 1.0:  # within the first bin, which tells no more
            cells = ("a minute at most", "a minute at most", "", "")
        else:
            cells = (f"{value:,.1f} min", f"{mean:,.1f} min", f"{mean / value - 1:+.1%}", f"{spread / value:.1%}")
        yield f"| {name} | {' | '.join(cells)} |".replace("%", " %").replace("  ", " ")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the pooled scenario for each seed, in folders that are thrown away, and print the table."""
    parser = argparse.ArgumentParser(prog="benchmarks.pooling", description=__doc__)
    parser.add_argument("run", type=Path, help="the folder of a finished run of the whole country")
    parser.add_argument("--scale", type=float, default=0.005)
    parser.add_argument("--pool", default="country", choices=("country", "regions"))
    parser.add_argument("--seeds", type=int, default=8, help="counting up from the seed of the run")
    parser.add_argument("--workers", type=int, default=None)
    given = parser.parse_args(arguments)
    finished = Run(given.run)
    spec = finished.scenario.spec
    values = {"scale": given.scale, "population.pool": given.pool}
    pooled = []
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(spec.seed, spec.seed + given.seeds):
            scenario = changed(finished.scenario, {**values, "seed": seed})
            pooled.append(facts(run(scenario, Path(folder) / str(seed), events="none", workers=given.workers)))
    whole = "one to one" if spec.scale == 1.0 else f"scale {spec.scale:g}"
    print(f"| {spec.name} | {whole} | pooled ({given.pool}) at {given.scale:g}, {given.seeds} seeds | error | s.d. |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for row in rows(facts(finished), pooled):
        print(row)


if __name__ == "__main__":
    main()
