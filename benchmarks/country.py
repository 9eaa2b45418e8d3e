"""What a country's scenario rests on, and how near its runs come to its figures.

``python -m benchmarks.country`` runs a scenario of a whole country with several seeds, and prints each figure in the
mean beside the reported one, and what its last year would have been without some measures; ``--write`` puts both tables
into ``docs/NAME.md``. ``singapore`` takes four seconds a run on two cores.
"""

import argparse
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

import sim
from benchmarks.documents import table, write_into
from benchmarks.worth import numbers_of
from sim.base.rounding import amount
from sim.calibration.prior import Prior
from sim.draws.functions import normal_quantile
from sim.experiments.parameters import Parameter, in_unit
from sim.reading.intervals import NOTHING
from sim.scenario import load_scenario

ROOT = Path(__file__).resolve().parents[1]
SEEDS = 8
BORROWED = "borrowed"
"""With this word the basis of a value begins that is another country's."""
WITHOUT = {
    "singapore": {
        "the stop of spoofed calls": ("spoofing",),
        "the registry": ("registry",),
        "alerts": ("bank-calls", "alerts-spring", "alerts-june", "alerts-august", "alerts-autumn"),
    }
}
"""By scenario, which measures are taken away together, by what they are called."""
MOVED = ("victims", "cases_filed", "cases_filed.call", "cases_filed.sms", "calls_intercepted", "prevented_money")
"""Quantities that the table of measures shows."""
OWN = ("reported", "evidence", "calibrated", "assumed")
PEOPLE = (
    *("population.frailty_sigma", "population.victim_before_factor", "population.exposure.high_contacts"),
    *("fraud.retry.call.displaced", "fraud.retry.sms.displaced"),
    *("fraud.episode.delay_factor", "fraud.episode.dropout_odds"),
    *("accounts.withdrawal_delay.lognormal.median", "engagement.answering.call.unknown"),
    *("engagement.awareness.effect", "engagement.awareness.half_life"),
    *("warning.sms.read", "warning.dissuasion.fatigue"),
)
"""Parameters of people and gangs that two countries may have in common."""
PRIOR_DRAWS = 2000
CHANCE = normal_quantile(0.95)
"""Standard errors by which a posterior's variance must be below the prior's before it says anything."""


def origins(name: str) -> str:
    """Return a table of the values of a scenario by section and origin; what is borrowed stands apart."""
    counts: dict[str, Counter[str]] = {}
    for key, source in load_scenario(name).sources.items():
        if source.origin is not None:
            borrowed = (source.basis or "").startswith(BORROWED)
            counts.setdefault(key.split(".")[0], Counter())[BORROWED if borrowed else source.origin] += 1
    head = ("section", *OWN, BORROWED)
    rows = [(f"`{section}`", *(str(found[kind]) for kind in head[1:])) for section, found in counts.items()]
    whole = sum(counts.values(), Counter[str]())
    return "\n".join(table(head, [*rows, ("all", *(str(whole[kind]) for kind in head[1:]))]))


def means(name: str, seeds: int = SEEDS) -> pd.DataFrame:
    """Return the figures of a scenario's runs of the whole country, with the mean over its seed and the ones after it.

    Args:
        name: Of the scenario.
        seeds: Runs.

    Returns:
        A row a figure: name, start, end, role, reported, tolerance, and the mean ``simulated`` with its standard
        ``error`` by the spread of the runs.
    """
    scenario = load_scenario(name)
    runs = []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(seeds):
            run = sim.run(load_scenario(name, seed=scenario.spec.seed + number), Path(folder) / str(number))
            runs.append(run.figures)
    simulated = pd.concat([figures["simulated"].astype(float) for figures in runs], axis=1)
    found: pd.DataFrame = runs[0][["name", "start", "end", "role", "reported", "tolerance"]]
    return found.assign(simulated=simulated.mean(axis=1), error=simulated.std(axis=1) / seeds**0.5)


def fit(figures: pd.DataFrame) -> str:
    """Return the table of ``means``."""
    rows = []
    for row in figures.to_dict("records"):
        reported, tolerance = float(row["reported"]), float(row["tolerance"])
        off, noise = row["simulated"] / reported - 1.0, row["error"] / reported
        days = f"{row['start']:%Y-%m-%d} to {row['end']:%Y-%m-%d}"
        cells = (amount(reported), amount(row["simulated"]), f"{off:+.1%}", f"{noise:.1%}", f"{tolerance:.0%}")
        rows.append((f"`{row['name']}`", days, str(row["role"]), *cells, "yes" if abs(off) <= tolerance else "**no**"))
    head = ("figure", "days", "role", "reported", "mean", "off", "noise", "allowed", "within")
    return "\n".join(table(head, rows))


def moves(name: str) -> str:
    """Return a table of the last year as it was, and without the measures that ``WITHOUT`` names, one run each."""
    columns, year = [], str(load_scenario(name).spec.period.end.year)
    with tempfile.TemporaryDirectory() as folder:
        for number, measures in enumerate([(), *WITHOUT[name].values()]):
            changes = {f"measures.{measure}": None for measure in measures}
            run = sim.run(load_scenario(name, **changes), Path(folder) / str(number))
            columns.append([amount(run.figure(quantity, year, year)) for quantity in MOVED])
    rows = [(f"`{quantity}`", *cells) for quantity, *cells in zip(MOVED, *columns, strict=True)]
    return "\n".join(table((year, "all measures", *(f"without {what}" for what in WITHOUT[name])), rows))


@dataclass(frozen=True)
class Known:
    """What a scenario knows of a parameter: mean and variance of logarithms, before and after its data."""

    parameter: Parameter
    prior: tuple[float, float]
    posterior: tuple[float, float]
    draws: int

    @classmethod
    def of(cls, name: str) -> "dict[str, Known]":
        """Return what a scenario with stored draws knows, by key."""
        scenario = load_scenario(name)
        prior = Prior.of(scenario)
        places = prior.coordinates(prior.draw(scenario.spec.seed, PRIOR_DRAWS))
        keys, drawn = numbers_of(scenario, name)
        found = {}
        for number, one in enumerate(prior.parameters):
            if one.key in PEOPLE and one.key in keys:
                before = np.log([max(one.unrounded(place), NOTHING) for place in places[:, number]])
                after = np.log(np.maximum(drawn[:, keys.index(one.key)], NOTHING))
                moments = (before.mean(), before.var()), (after.mean(), after.var(ddof=1))
                found[one.key] = cls(one, *moments, len(after))
        return found

    def in_unit_of(self, other: "Known") -> "Known":
        """Return the same in the unit of another."""
        more = float(np.log(in_unit(self.parameter, 1.0, other.parameter)))
        (before, prior), (after, posterior) = self.prior, self.posterior
        return Known(other.parameter, (before + more, prior), (after + more, posterior), self.draws)

    def says(self) -> tuple[float, float]:
        """Return the weight of the data, and weight times mean: 0 where the spread is not smaller than by chance."""
        (before, prior), (after, posterior) = self.prior, self.posterior
        if posterior > prior * (1.0 - CHANCE * (2.0 / self.draws) ** 0.5):
            return 0.0, 0.0
        return 1.0 / posterior - 1.0 / prior, after / posterior - before / prior


def shared(one: str, other: str) -> str:
    """Return a table of the parameters that two countries may have in common: what each knows, and both together.

    Logarithms are taken as normal. Both together have the wider prior, and the data of each country as often as they
    say anything.
    """
    first, second = Known.of(one), Known.of(other)
    rows = []
    for key in PEOPLE:
        if key not in first or key not in second:
            continue
        known = (first[key], second[key].in_unit_of(first[key]))
        unit = known[0].parameter.unit
        middle, spread = max((each.prior for each in known), key=lambda prior: prior[1])
        weight, moment = 1.0 / spread, middle / spread
        for each in known:
            more, of_mean = each.says()
            weight, moment = weight + more, moment + of_mean
        together = moment / weight, 1.0 / weight
        cells = [_ends(*each.posterior) + ("" if each.says()[0] else " (as before)") for each in known]
        rows.append((f"`{key}`{f', {unit}' if unit else ''}", *cells, _ends(*together)))
    return "\n".join(table(("parameter", f"`{one}`, 90 %", f"`{other}`, 90 %", "both, 90 %"), rows))


def _ends(mean: float, variance: float) -> str:
    """Return the 90 % interval of a number whose logarithm is normal."""
    return " to ".join(amount(float(np.exp(mean + sign * CHANCE * variance**0.5))) for sign in (-1, 1))


def main() -> None:
    """Run, print, and write into the document if asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenario", default="singapore")
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    for part, text in (("fit", fit(means(given.scenario, given.seeds))), ("moves", moves(given.scenario))):
        print(text, end="\n\n")
        write_into(ROOT / "docs" / f"{given.scenario}.md" if given.write else None, part, text)


if __name__ == "__main__":
    main()
