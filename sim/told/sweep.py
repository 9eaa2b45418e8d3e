"""The table of a sweep on the terminal: a line for each run, varied values and quantities in words."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sim.base.rounding import number_text, percent
from sim.language.labels import named
from sim.language.spoken import said
from sim.reading.figures import CHANGE
from sim.scenario.lever_words import key_name, value_text
from sim.scenario.levers import shape_at
from sim.told.experiments import records
from sim.told.text_tables import TextTable
from sim.told.vocabulary import quantity_named

if TYPE_CHECKING:
    import pandas as pd

    from sim.scenario import Scenario

SHOWN = ("victims", "loss_money", "prevented_money", "false_blocks")
"""Quantities of a sweep that are shown if no others are requested."""


def shown_quantities(frame: "pd.DataFrame", requested: Sequence[str]) -> list[str]:
    """Return the columns of quantities that are shown."""
    return [name for name in requested or SHOWN if name in frame.columns]


def key_lines(keys: Sequence[str], scenario: "Scenario") -> str:
    """Return the keys behind the names of levers, as they are typed."""
    told = (said("{name}: {value}", name=key_name(key, scenario.spec), value=key) for key in dict.fromkeys(keys))
    return said("Keys: {keys}", keys="; ".join(told))


def varied_value(key: str, value: Any) -> str:
    """Return a value of a varied key in words, with its unit."""
    return value_text(value, shape_at(tuple(key.split("."))))


def sweep_table(
    frame: "pd.DataFrame", scenario: "Scenario", keys: Sequence[str], requested: Sequence[str]
) -> TextTable:
    """Lay out a catalogue: what was varied, and some of the results, a line for each run.

    Args:
        frame: The catalogue.
        scenario: The scenario that is varied.
        keys: The varied keys.
        requested: Quantities to show; the usual ones if there are none.

    Returns:
        The table; its heads are the names of levers and quantities.
    """
    import pandas as pd

    names = shown_quantities(frame, requested)
    several = frame["replicate"].nunique() > 1
    heads = [said("point"), *([named("seed")] if several else [])]
    heads += [key_name(key, scenario.spec) for key in keys]
    table = TextTable([*heads, *map(quantity_named, names)], ())
    for row in records(frame):
        cells = [str(row["point"]), *([str(row["seed"])] if several else [])]
        cells += [varied_value(key, row[key]) for key in keys]
        if row["message"] is not None:
            table.add_row(*cells, said("failed: {message}", message=row["message"]), *[""] * (len(names) - 1))
        else:
            table.add_row(*cells, *("" if pd.isna(row[name]) else _number(name, row[name]) for name in names))
    return table


def _number(name: str, value: float) -> str:
    """Return a value of a quantity; changes in percent."""
    return percent(value) if name.partition("@")[0].endswith(CHANGE) else number_text(value)
