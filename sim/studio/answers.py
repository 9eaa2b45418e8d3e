"""The answer of a question as the page shows it: sentences, five figures with intervals, and what chance hides."""

from collections.abc import Mapping
from typing import Any

from sim.base.rounding import amount, between, percent, significant
from sim.experiments.intervals import half_width
from sim.language.spoken import marked, said
from sim.reading.findings import shortened
from sim.reading.quantities import MONEY
from sim.told.effect import effect_lines
from sim.told.one import Answer, of_comparison
from sim.told.vocabulary import quantity_named, value_said

FIGURES = ("cases_filed", "victims", "loss_money", "averted", "recovered_money")
"""The quantities that a page draws, in this order."""

POWERED = ("victims", "loss_money")
"""The quantities whose smallest visible difference is shown."""

TIMES = 4
"""How many times as many pairs the page compares with: the interval is about half as wide."""

KEPT = ("base", "other", "difference", "low", "high")
"""Columns of a figure that the page holds unrounded."""

Row = Mapping[str, Any]


def told(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a page shows of a comparison (``sim.experiments.paired.document_of``), in the current language."""
    return {
        "policies": [_policy(document, answer) for answer in of_comparison(dict(document))],
        "warnings": document["warnings"],
    }


def _policy(document: Mapping[str, Any], answer: Answer) -> dict[str, Any]:
    """Return the answer of one policy: its sentences, which of them are uncertain, figures, and what is missing."""
    rows = [row for row in document["rows"] if row["scenario"] == answer.name]
    by_name = {row["quantity"]: row for row in rows}

    def found(key: str) -> list[str]:
        return shortened([row for row in document["findings"] if row[key] == answer.name])

    return {
        "name": answer.name,
        "lines": [answer.headline, *_over_draws(rows[0]), *answer.sentences, *answer.costs],
        "unsure": [line for row in rows if _unsure(row) for line in effect_lines([row])],
        "kind": answer.intervals,
        "findings": [*found("scenario"), *(said("no longer: {finding}", finding=one) for one in found("beside"))],
        "figures": [_figure(by_name[quantity]) for quantity in FIGURES if quantity in by_name],
        "power": [line for quantity in POWERED if quantity in by_name for line in power_lines(by_name[quantity])],
        "unpriced": [answer.not_priced] if answer.not_priced else [],
    }


def _over_draws(row: Row) -> list[str]:
    """Return that the baseline is another one than without draws, over draws."""
    if row["draws"] == 1:
        return []
    text = marked("Over {draws} draws the baseline changes, too: it is the mean of {draws} sets of values.")
    return [said(text, draws=str(row["draws"]))]


def _figure(row: Row) -> dict[str, Any]:
    """Return a figure: its numbers, their texts, and in words whether its direction is uncertain."""
    name, low, high = row["quantity"], row["low"], row["high"]
    share = row["difference"] / row["base"] if row["base"] else None
    return {
        **{key: row[key] for key in KEPT},
        "quantity": name,
        "name": quantity_named(name),
        "said": {key: _said(name, row[key]) for key in ("base", "other", "difference")},
        "share": "" if share is None else f"{'+' if share > 0 else ''}{percent(share)}",
        "ends": "" if low is None else between(significant(low), significant(high)),
        "unsure": _unsure(row),
    }


def _said(name: str, value: float) -> str:
    """Return a number as sentences tell it, three digits of money, to fit a table on a phone."""
    if not name.endswith(MONEY):
        return value_said(name, value)
    return f"{'-' if value < 0 else ''}{amount(abs(significant(value)))}"


def _unsure(row: Row) -> str:
    """Return in words that the interval of a difference contains 0; else nothing."""
    if row["low"] is None or not row["low"] <= 0 <= row["high"]:
        return ""
    return said("the direction is uncertain") if row["draws"] > 1 else said("within run-to-run noise")


def power_lines(row: Row) -> list[str]:
    """Return the smallest difference that the pairs so far could show, and that of four times as many; or nothing.

    A difference is seen where the 95% interval leaves out 0: from half its width on.
    """
    pairs, deviation = row["replicates"], row["chance"]
    if pairs < 2 or not deviation:
        return []
    now, later = half_width(deviation, pairs), half_width(deviation, TIMES * pairs)
    text = marked(
        "{quantity}: a difference under {size}{share} cannot be seen with {pairs} pairs; with {more}, {less}."
    )
    name = row["quantity"]
    share = f" ({percent(now / row['base'])})" if row["base"] else ""
    sizes = (amount(significant(one)) for one in (now, later))
    size, less = sizes
    return [
        said(text, quantity=quantity_named(name), size=size, share=share, pairs=pairs, more=TIMES * pairs, less=less)
    ]
