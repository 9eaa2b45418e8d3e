"""Compare two algorithms for a posterior on the small scenario of the tests: coverage of true values, and cost.

``python -m benchmarks.posteriors`` draws true parameters from their ranges, all that the scenario has, lets the model
make data of them, and conditions an ensemble on these by both:

- ``descent``: the algorithm of ``tocsin calibrate``, randomised maximum likelihood with slopes learnt from all runs;
- ``es-mda``: the ensemble smoother with multiple data assimilation (Emerick and Reynolds, Computers & Geosciences 55,
  2013) of the library pyesmda, with four assimilations and localization by correlation.

Both start with the same draws from the ranges. ``--write`` puts the table into ``docs/calibration.md``.
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.documents import table, write_into
from sim.calibration.fit import Data, Evaluations, Level, Model, Task, values_at
from sim.calibration.posterior import CONSISTENT, PRIOR_SEEDS, Start, chi_square, compressed, expanded, sample_posterior
from sim.calibration.prior import Prior, draw_errors
from sim.reading.run import Outcome
from sim.scenario import changed, load_scenario
from sim.scenario.schema.population import COUNTRY
from sim.store.columns import Scope

Array = npt.NDArray[np.float64]

ROOT = Path(__file__).resolve().parents[1]
SMALL = ROOT / "tests" / "calibration" / "small.yaml"
DOCUMENT = ROOT / "docs" / "calibration.md"

SETS, MEMBERS = 20, 60
ASSIMILATIONS = 4
DISCREPANCY = {"alerts": 0.04, "interceptions": 0.04}
TRUTHS = 5 << 40
"""What is added to the seed for true parameters: no ensemble has such a one."""

MATTERING = 10
"""Parameters whose coverage is told beside that of all: those on which the data depend most."""


@dataclass(frozen=True)
class Drawn:
    """What an algorithm made of a data set.

    Attributes:
        scores: (members, parameters) Normal scores of the draws.
        residuals: (members, data) Their residuals, in standard errors.
        runs: How many runs it took.
    """

    scores: Array
    residuals: Array
    runs: int


Residuals = Callable[[Array], Array]
"""Returns residuals (points, data) in standard errors at normal scores (points, parameters)."""


def by_smoother(residuals: Residuals, prior: Array, data: int, seed: int) -> Drawn:
    """Draw by ensemble smoothing with multiple data assimilation."""
    from covmats import CovViaDiagonal
    from pyesmda import ESMDA

    # Version 1.0.0 does not name them in its own module.
    from pyesmda._localization import CorrelationBasedLocalization, CorrelationThresholding

    made = 0

    def forward(ensemble: Array) -> Array:
        nonlocal made
        made += ensemble.shape[1]
        return compressed(residuals(ensemble.T)).T

    smoother = ESMDA(
        np.zeros(data),
        prior.T.copy(),
        CovViaDiagonal(np.ones(data)),
        forward,
        n_assimilations=ASSIMILATIONS,
        C_MD_localization=CorrelationBasedLocalization(CorrelationThresholding(min(1.0, 3.0 / len(prior) ** 0.5))),
        random_state=np.random.default_rng(seed),
    )
    smoother.solve()
    return Drawn(smoother.m_posterior.T, expanded(smoother.d_pred.T), made)


def measured(folder: Path, sets: int, members: int) -> list[tuple[str, ...]]:
    """Run both algorithms on all data sets; return the rows of the table."""
    base = changed(load_scenario(str(SMALL)), {"calibration.parameters": []})
    prior = Prior.of(base)
    parameters = prior.parameters
    level = Level(1.0, tuple(range(11, 27)), pool=COUNTRY)
    held: dict[str, list[Array]] = {"descent": [], "es-mda": []}
    wide: dict[str, list[Array]] = {name: [] for name in held}
    off: dict[str, list[Array]] = {name: [] for name in held}
    runs = dict.fromkeys(held, 0)
    with Evaluations(base, folder) as evaluations:
        reference = evaluations.evaluate([Task(level, seed, {}) for seed in level.seeds])
        data = Data(Scope.of(base), (), reference, 1.0)
        model = Model(data, evaluations, level, parameters, {})
        errors = data.errors(DISCREPANCY)
        own = np.array([one.coordinate(one.start) for one in parameters])
        scores, noise = prior.draw(TRUTHS, sets), draw_errors(TRUTHS, sets, len(errors))
        slopes = np.zeros(len(parameters))
        for number, (at, truth) in enumerate(zip(scores, prior.coordinates(scores), strict=True)):
            (made,) = evaluations.evaluate([Task(level, level.seeds[0], values_at(parameters, truth))])
            observed = model.data([made])[0] + errors * noise[number]

            def simulate(coordinates: Array, observed: Array = observed) -> "tuple[list[Outcome | None], Array]":
                outcomes = model.outcomes(coordinates)
                nothing = np.full(len(errors), np.nan)
                rows = [nothing if one is None else (model.data([one])[0] - observed) / errors for one in outcomes]
                return outcomes, np.array(rows)

            def residuals(scores: Array, simulate: "Callable[[Array], tuple[object, Array]]" = simulate) -> Array:
                return simulate(prior.coordinates(scores))[1]

            start = Start(own, (data.expected() - observed) / errors, model.chance(errors))
            seed = 1000 + number
            found = sample_posterior(prior, start, simulate, simulate, seed, members)
            slopes += np.sum(found.emulator.slopes**2, axis=0)
            drawn = {
                "descent": Drawn(found.scores, found.residuals, members + len(found.runs.outcomes)),
                "es-mda": by_smoother(residuals, prior.draw(seed + PRIOR_SEEDS, members), len(errors), seed),
            }
            for name, one in drawn.items():
                squares = np.sum(one.residuals**2, axis=1)
                fit = squares <= chi_square(len(errors), CONSISTENT)
                kept = one.scores[fit] if fit.sum() > 1 else one.scores
                ends = np.quantile(kept, [0.05, 0.25, 0.75, 0.95], axis=0)
                held[name].append((ends[1] <= at) & (at <= ends[2]))
                wide[name].append((ends[0] <= at) & (at <= ends[3]))
                off[name].append(np.sqrt(squares / len(errors)))
                runs[name] += one.runs
            print(
                f"{number + 1} of {sets}",
                {name: f"{np.median(rows[-1]):.2f}" for name, rows in off.items()},
                flush=True,
            )
    most = np.argsort(-slopes)[:MATTERING]
    right = [(chi_square(len(errors), share) / len(errors)) ** 0.5 for share in (0.5, 0.95)]
    rows: list[tuple[str, ...]] = []
    for name in held:
        half, most_of, rms = np.array(held[name]), np.array(wide[name]), np.concatenate(off[name])
        fit = np.mean(rms**2 * len(errors) <= chi_square(len(errors), CONSISTENT))
        shares = (np.mean(half), np.mean(half[:, most]), np.mean(most_of), np.mean(most_of[:, most]))
        rows.append(
            (
                name,
                f"{runs[name] / sets:.0f}",
                f"{fit:.0%}",
                f"{np.median(rms):.2f} ({right[0]:.2f})",
                f"{np.quantile(rms, 0.95):.2f} ({right[1]:.2f})",
                *(f"{share:.1%}" for share in shares),
            )
        )
    return rows


HEAD = (
    "way",
    "runs a data set",
    "members consistent",
    "residuals, median (right model)",
    "95 % (right model)",
    "50 % hold, all",
    f"the {MATTERING} that matter",
    "90 % hold, all",
    f"the {MATTERING} that matter",
)


def main() -> None:
    """Measure and print the table; with ``--write`` it goes into the document."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", type=int, default=SETS)
    parser.add_argument("--members", type=int, default=MEMBERS)
    parser.add_argument("--out", type=Path, default=ROOT / "results" / "calibrations" / "posteriors")
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    rows = table(HEAD, measured(given.out, given.sets, given.members))
    text = "\n".join([f"{given.sets} data sets, ensembles of {given.members}:", "", *rows])
    print(text)
    write_into(DOCUMENT if given.write else None, "posteriors", text)


if __name__ == "__main__":
    main()
