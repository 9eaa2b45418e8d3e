"""Say what policies change over the draws stored with a scenario, and what it would be worth to know each driver.

``python -m benchmarks.told --write`` puts the tables into ``docs/calibration.md`` and ``docs/what-to-measure.md``.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from benchmarks.answers import stored_in
from benchmarks.documents import table
from sim.calibration.policies import TOLD, TOTALS, Indices, Key, first_order_by_runs, worth_rows
from sim.experiments.parameters import parameter_at
from sim.reading.intervals import AMOUNTS, NOTHING, StoredAnswers, nine_tenths
from sim.reading.quantities import HEADLINE
from sim.scenario import Scenario, load_scenario
from sim.scenario.load import files_of, posterior

Array = npt.NDArray[np.float64]

SHOWN = ("victims", "filed_loss_money", "saved")
"""Totals whose change by each policy is shown."""

NO_NUMBERS = "No posterior of the present fit is stored, so there is no number yet."


def of_stored(name: str = "china-2022") -> str:
    """Return the table of the draws and answers that are stored with a scenario; a sentence where there are none."""
    scenario = load_scenario(name)
    stored = _stored(name, scenario)
    if not stored:
        return NO_NUMBERS
    drawn = numbers_of(scenario, name)
    names, rows = worth_rows(indices_of(scenario, drawn[0], drawn[1], stored))
    said = f"From {len(drawn[1])} draws of `{scenario.name}`; empty where chance explains what runs show:"
    return "\n".join([said, "", *table(names, rows)])


def policies_of_stored(name: str = "china-2022", shown: Sequence[str] = SHOWN) -> str:
    """Return a table of the changes by each policy, then by each lever; a sentence where no answers are stored.

    Changes of the totals ``shown`` are those at the point, and 90 % of the draws. Values of levers that are maps are
    left out.
    """
    scenario = load_scenario(name)
    stored = _stored(name, scenario)
    own = stored.pop(scenario.name, None)
    if own is None:
        return NO_NUMBERS
    head = ["policy", "draws", *(cell for total in shown for cell in (f"{total}, point", "90 %"))]
    rows = []
    for policy, one in sorted(stored.items(), key=lambda item: (item[1].is_of_lever, item[0])):
        cells = []
        for total in shown:
            change = one.own[total] / own.own[total]
            low, _, high = nine_tenths([change * ratio for ratio in one.ratios(own, total)])
            cells += [_change(change), f"{_change(low)} to {_change(high)}"]
        key, _, value = policy.partition("=")
        rows.append([f"`{key if value[:1] in ('{', '[') else policy}`", str(one.draws), *cells])
    return "\n".join(table(head, rows))


def inside_of_stored(name: str = "china-2022") -> dict[str, int]:
    """Return how many changes of the headline's totals there are, and how many lie inside their interval at the point.

    By policies and by levers, ``{"policies", "changes", "inside", "lever_changes", "lever_inside"}``.
    """
    stored = _stored(name, load_scenario(name))
    own = stored.pop(name)
    found = {"policies": sum(not one.is_of_lever for one in stored.values())}
    for kind, of_lever in (("", False), ("lever_", True)):
        some = [one for one in stored.values() if one.is_of_lever == of_lever]
        found[f"{kind}changes"] = len(some) * len(HEADLINE)
        found[f"{kind}inside"] = found[f"{kind}changes"] - sum(len(one.outside(own)) for one in some)
    return found


def _change(ratio: float) -> str:
    return f"{100 * (ratio - 1):+.1f} %"


def _stored(name: str, scenario: Scenario) -> dict[str, StoredAnswers]:
    """Return the answers stored next to a scenario, by policy."""
    return {one.policy: one for one in stored_in(files_of(name)[-1].parent, scenario.name).values()}


def numbers_of(scenario: Scenario, name: str) -> tuple[list[str], Array]:
    """Return keys and numbers, (draws, parameters), of the stored draws; what runs have found is left out."""
    frame = posterior(name)
    columns = {}
    for key in map(str, frame.columns):
        one = parameter_at(scenario, key)
        if one is not None:
            columns[key] = [one.read(value) for value in frame[key]]
    return list(columns), np.array(list(columns.values())).T


def indices_of(scenario: Scenario, keys: list[str], drawn: Array, stored: dict[str, StoredAnswers]) -> Indices:
    """Return the first-order indices that chance does not explain, of totals and of changes by policies."""
    own = stored[scenario.name]
    answers: dict[Key, Array] = {("", total): _logarithms(own, total) for total in TOTALS if total in AMOUNTS}
    for policy, one in stored.items():
        if one is not own:
            answers |= {
                (policy, total): _logarithms(one, total) - _logarithms(own, total)[: one.draws] for total in TOLD
            }
    found = {}
    for key, values in answers.items():
        if np.ptp(values) == 0.0:  # nothing to explain
            found[key] = dict[str, float]()
            continue
        indices = first_order_by_runs(drawn[: len(values)], values[:, None], scenario.spec.seed)
        found[key] = {keys[number]: float(indices.index[number]) for number in indices.found()}
    return found


def _logarithms(stored: StoredAnswers, total: str) -> Array:
    return np.log(np.maximum(stored.drawn[total], NOTHING))
