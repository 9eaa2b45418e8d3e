"""The answers of experiments in plain words: of a sweep, a sensitivity, an attribution, and a search for staff."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

from sim.base.rounding import amount, number_text, percent, written
from sim.experiments.indices import BLOCKS, MORRIS
from sim.experiments.intervals import LEVEL, interval_of_mean
from sim.language.labels import named
from sim.language.spoken import marked, said
from sim.reading.figures import CHANGE
from sim.scenario.lever_words import key_name, value_text
from sim.told.answer import Estimate
from sim.told.costs import layer_named
from sim.told.experiments import (
    SAMPLES,
    STANCES,
    by_importance,
    dropped,
    idle,
    over_what,
    records,
    shown_quantities,
    varied_value,
)
from sim.told.one import Answer
from sim.told.vocabulary import quantity_named

if TYPE_CHECKING:
    import pandas as pd

    from sim.experiments.attribute import Attribution
    from sim.experiments.promise import Terms
    from sim.experiments.staffing import Staffing
    from sim.scenario import Scenario

Row = dict[str, Any]

MOST_NAMED = 3
"""Parameters, layers and provinces that a sentence names, the first of them."""

MOST_VALUES = 4
"""Varied keys whose values a sentence repeats; with more of them it names the point alone."""

PREVENTED = {
    "victims": marked("All layers together prevent {number} victims. Shapley values, the largest first: {layers}."),
    "net_loss_money": marked(
        "They prevent net losses of {number} {currency}. Shapley values, the largest first: {layers}."
    ),
}
"""Sentences of an attribution, by its quantities."""


def of_sweep(
    frame: "pd.DataFrame",
    scenario: "Scenario",
    keys: Sequence[str],
    requested: Sequence[str],
    warnings: Sequence[str] = (),
) -> Answer:
    """Return the answer of a sweep: where each quantity is least and most.

    Args:
        frame: Its catalogue.
        scenario: The scenario that is varied.
        keys: The varied keys.
        requested: Quantities to tell; the usual ones if there are none.
        warnings: What a reader must know before trusting the numbers.

    Returns:
        The answer.
    """
    failed = [row for row in records(frame) if row["message"] is not None]
    done = frame[frame["message"].isna()]
    lines, ends = [], []
    for name in shown_quantities(frame, requested):
        means = done.groupby("point")[name].mean().dropna()
        if means.empty:
            continue
        least, most = (int(str(point)) for point in (means.idxmin(), means.idxmax()))
        low, high = float(means[least]), float(means[most])
        words = percent if name.partition("@")[0].endswith(CHANGE) else amount
        if low == high:
            lines.append(said("{quantity}: {value} at every point.", quantity=quantity_named(name), value=words(low)))
            continue
        ends += [least, most]
        told = {
            "quantity": quantity_named(name),
            "range": Estimate(low, low, high).ends(words),
            "least": str(least),
            "most": str(most),
        }
        apart = _difference(done, name, least, most)
        if apart.low is None:
            lines.append(said("{quantity}: {range}, least at point {least} and most at point {most}.", **told))
        else:
            text = marked(
                "{quantity}: {range}, least at point {least} and most at point {most}; difference {difference}."
            )
            lines.append(said(text, **told, difference=apart.told(words)))
    if len(keys) <= MOST_VALUES:
        lines += _points(frame, scenario, keys, dict.fromkeys(ends))
    if failed:
        text = marked("{number} of {count} runs failed. The first failure: {message}")
        lines.append(said(text, number=len(failed), count=len(frame), message=failed[0]["message"]))
    replicates = frame["replicate"].nunique()
    kind = said("one run a point: run-to-run noise unknown")
    if replicates > 1:
        kind = said(
            "means over {number} replicates, {level} intervals of differences",
            number=str(replicates),
            level=percent(LEVEL),
        )
    return _answer(scenario, lines, kind, warnings)


def _difference(done: "pd.DataFrame", name: str, least: int, most: int) -> Estimate:
    """Return the difference in a quantity between two points over equal seeds, with its interval if there are several.

    The two are the extremes of all points, so the interval is that of this pair and not of the largest difference.
    """
    by_seed = done.pivot(index="seed", columns="point", values=name)
    differences = (by_seed[most] - by_seed[least]).dropna().tolist()
    return Estimate(fmean(differences), *(interval_of_mean(differences) or (None, None)))


def _points(frame: "pd.DataFrame", scenario: "Scenario", keys: Sequence[str], points: dict[int, None]) -> Iterator[str]:
    """Yield the values of the varied keys at some points, a sentence each."""
    for point in list(points)[:MOST_NAMED]:
        row = frame[frame["point"] == point].iloc[0]
        values = "; ".join(
            said("{name}: {value}", name=key_name(key, scenario.spec), value=varied_value(key, row[key]))
            for key in keys
        )
        yield said("Point {point}: {values}.", point=str(point), values=values)


def of_sensitivity(
    method: str, rows: Sequence[Row], about: Row, scenario: "Scenario", warnings: Sequence[str] = ()
) -> Answer:
    """Return the answer of a sensitivity: which parameters matter most to each quantity.

    Args:
        method: ``morris`` or ``sobol``.
        rows: Its indices, see ``sim.experiments.sensitivity.sensitivity``.
        about: What ``attrs`` of the table say.
        scenario: The scenario whose parameters move.
        warnings: What a reader must know before trusting the numbers.

    Returns:
        The answer.
    """
    lines = []
    for quantity, own in by_importance(method, rows).items():
        told = [
            said("{name} ({effect})", name=key_name(row["parameter"], scenario.spec), effect=_effect(method, row))
            for row in own[:MOST_NAMED]
            if row["mu_star" if method == MORRIS else "total"]
        ]
        if told:
            text = said("{quantity}: what matters most is {parameters}.", quantity=quantity, parameters="; ".join(told))
        else:
            text = said("{quantity}: no parameter has an effect.", quantity=quantity)
        lines.append(text)
    if method == MORRIS:
        lines.append(said("In brackets: how much the quantity changes across the range of the parameter."))
    else:
        lines.append(said("In brackets: the share of the variance of the quantity that the parameter causes."))
    lines += [idle(about, scenario)] if about["idle"] else []
    lines += [dropped(about)] if about["dropped"] else []
    first = next(iter(by_importance(method, rows).values()))[0]["parameter"]
    kind = said("{level} bootstrap intervals over {blocks}", level=percent(LEVEL), blocks=said(SAMPLES[BLOCKS[method]]))
    return _answer(scenario, lines, kind, warnings, f"tocsin explain {first}")


def _effect(method: str, row: Row) -> str:
    """Return the size of an effect, with its interval."""
    index, words = ("mu_star", amount) if method == MORRIS else ("total", percent)
    return _in_brackets(Estimate(row[index], row[f"{index}_low"], row[f"{index}_high"]), words)


def _in_brackets(one: Estimate, words: Callable[..., str]) -> str:
    """Return a number and its interval, as they stand inside brackets."""
    interval = one.ends(words)
    return said("{value}; {interval}", value=words(one.value), interval=interval) if interval else words(one.value)


def of_attribution(result: "Attribution", scenario: "Scenario", warnings: Sequence[str] = ()) -> Answer:
    """Return the answer of an attribution: what all layers prevent, and which of them prevent most.

    Args:
        result: The attribution.
        scenario: The scenario.
        warnings: What a reader must know before trusting the numbers.

    Returns:
        The answer.
    """
    from sim.experiments.attribute import GANGS

    rows, lines = records(result.layers), []
    stances = list(dict.fromkeys(row.get(GANGS) for row in rows))
    for stance in stances:
        own = [row for row in rows if row.get(GANGS) == stance]
        sentences = [_prevented(own, quantity) for quantity in PREVENTED]
        layers = [row for row in own if row["quantity"] == "victims" and row["layer"] != "all"]
        last = max(layers, key=lambda row: row["last"])
        text = marked("The layer whose removal alone adds most victims: {layer}.")
        sentences.append(said(text, layer=layer_named(last["layer"])))
        if stance is not None and len(stances) > 1:
            head = said("{stance}:", stance=said(STANCES[stance]))
            sentences[0] = f"{head[0].upper()}{head[1:]} {sentences[0]}"
        lines += sentences
    has_intervals = any(row["low"] is not None for row in rows)
    kind = over_what(result) if has_intervals else said("one run of each set of layers: run-to-run noise unknown")
    return _answer(scenario, lines, kind, warnings)


def _prevented(rows: Sequence[Row], quantity: str) -> str:
    """Return how much all layers prevent, and the layers that prevent most, each with its amount."""
    own = [row for row in rows if row["quantity"] == quantity]
    every = next(row for row in own if row["layer"] == "all")
    layers = sorted((row for row in own if row["layer"] != "all"), key=lambda row: -row["shapley"])
    amounts = "; ".join(
        said("{layer} {value}", layer=layer_named(row["layer"]), value=_estimate(row).told())
        for row in layers[:MOST_NAMED]
    )
    return said(PREVENTED[quantity], number=_estimate(every).told(), layers=amounts)


def _estimate(row: Row) -> Estimate:
    """Return the average of a layer with its interval."""
    return Estimate(row["shapley"], row["low"], row["high"])


def of_staffing(result: "Staffing", terms: "Terms", compared: str, folder: Path) -> Answer:
    """Return the answer of a search for staff: the smallest staff that keeps the promise, and what it changes.

    Args:
        result: What was found.
        terms: The promise.
        compared: The scenario as it is typed.
        folder: The file of the scenario with that staff.

    Returns:
        The answer.
    """
    scenario, rows = result.scenario, records(result.frame)
    kept = [row for row in rows if row["status"] == "kept"]
    deadline = getattr(scenario.spec.warning.tiers, terms.tier).deadline
    words = {
        "desk": key_name(f"desks.{terms.desk}.staff", scenario.spec),
        "staff": number_text(sum(row["staff"] for row in kept)),
        "now": written(f"{round(sum(row['current'] for row in kept)):,}"),
        "kept": str(len(kept)),
        "count": str(len(rows)),
    }
    promise = {
        "share": percent(terms.share),
        "tier": named(terms.tier),
        "time": value_text(f"{deadline} ms", None),
    }
    what = said("{share} of {tier} alerts reached within {time}", **promise)
    if terms.relative:
        what = said("{share} of the {tier} alerts that unlimited staff reaches, within {time}", **promise)
    if not kept:
        lines = [said("No province can keep the promise: {promise}.", promise=what)]
    elif len(kept) == len(rows):
        text = marked("The promise, {promise}, needs {staff} people instead of {now} now ({desk}).")
        lines = [said(text, promise=what, **words)]
    else:
        text = marked(
            "The promise, {promise}, can be kept in {kept} of {count} provinces. They need {staff} people instead of "
            "{now} now ({desk})."
        )
        lines = [said(text, promise=what, **words)]
    others = [named(row["name"]) for row in rows if row["status"] == "impossible"]
    if others and kept:
        some = ", ".join(others[:MOST_NAMED]) + (", ..." if len(others) > MOST_NAMED else "")
        lines.append(said("Even unlimited staff cannot keep it in: {provinces}.", provinces=some))
    lines += _of_curve(result) if kept else ()
    kind = said("no intervals: run-to-run noise unknown")
    return _answer(scenario, lines, kind, result.warnings, f"tocsin compare {compared} {folder}")


def _of_curve(result: "Staffing") -> Iterator[str]:
    """Yield what the smallest staff changes, compared with the present one."""
    rows = records(result.curve)
    now = next(row for row in rows if row["factor"] is None)
    found = next(row for row in rows if row["factor"] == 1)
    yield said(
        "With them desks work {hours} hours in the period instead of {now}, and {victims} people become victims "
        "instead of {before}.",
        hours=number_text(round(found["staff_hours"])),
        now=number_text(round(now["staff_hours"])),
        victims=number_text(round(found["victims"])),
        before=number_text(round(now["victims"])),
    )


def _answer(
    scenario: "Scenario", lines: Sequence[str], intervals: str, warnings: Sequence[str], *commands: str
) -> Answer:
    """Return the answer of an experiment; its first line is the headline."""
    headline, *sentences = (f"{line[0].upper()}{line[1:]}" for line in lines)
    return Answer(
        question=scenario.spec.title,
        name=scenario.name,
        base=None,
        headline=headline,
        intervals=intervals,
        sentences=tuple(sentences),
        warnings=tuple(dict.fromkeys(warnings)),
        next=commands,
    )
