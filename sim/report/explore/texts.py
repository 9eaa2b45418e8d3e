"""Texts of levers and outcomes: names, values, differences and sentences, in the language in use.

The page's script writes the same texts for each setting of its sliders, so it gets them as templates.
"""

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sim.base.rounding import amount, percent, written
from sim.experiments.explored import MINUTES, MONEY, PEOPLE, SHARE, Estimate, Lever, SweptQuantity
from sim.experiments.parameters import plain_decimal
from sim.language.dates import day_named
from sim.language.spoken import marked, said
from sim.report.looks import capital
from sim.scenario.lever_words import key_name
from sim.told.vocabulary import quantity_named

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.experiments.explored import Explored
    from sim.scenario import Scenario

SENTENCES: dict[str, tuple[str, str, str, str, str]] = {
    "cases_filed": (
        marked("{level} cases are filed, {change} more than in the scenario."),
        marked("{level} cases are filed, {change} fewer than in the scenario."),
        marked("{level} cases are filed, as in the scenario."),
        marked("{level} cases are filed."),
        marked("{level} cases are filed, with no clear difference from the scenario."),
    ),
    "filed_loss_money": (
        marked("Their losses are {level} {currency}, {change} more than in the scenario."),
        marked("Their losses are {level} {currency}, {change} less than in the scenario."),
        marked("Their losses are {level} {currency}, as in the scenario."),
        marked("Their losses are {level} {currency}."),
        marked("Their losses are {level} {currency}, with no clear difference from the scenario."),
    ),
    "victims": (
        marked("{level} people become victims, {change} more than in the scenario."),
        marked("{level} people become victims, {change} fewer than in the scenario."),
        marked("{level} people become victims, as in the scenario."),
        marked("{level} people become victims."),
        marked("{level} people become victims, with no clear difference from the scenario."),
    ),
    "saved": (
        marked("Warnings stop {level} people before any payment, {change} more than in the scenario."),
        marked("Warnings stop {level} people before any payment, {change} fewer than in the scenario."),
        marked("Warnings stop {level} people before any payment, as in the scenario."),
        marked("Warnings stop {level} people before any payment."),
        marked("Warnings stop {level} people before any payment, with no clear difference from the scenario."),
    ),
    "averted": (
        marked("Warnings avert {level} victims, {change} more than in the scenario."),
        marked("Warnings avert {level} victims, {change} fewer than in the scenario."),
        marked("Warnings avert {level} victims, as in the scenario."),
        marked("Warnings avert {level} victims."),
        marked("Warnings avert {level} victims, with no clear difference from the scenario."),
    ),
    "loss_money": (
        marked("Victims lose {level} {currency}, {change} more than in the scenario."),
        marked("Victims lose {level} {currency}, {change} less than in the scenario."),
        marked("Victims lose {level} {currency}, as in the scenario."),
        marked("Victims lose {level} {currency}."),
        marked("Victims lose {level} {currency}, with no clear difference from the scenario."),
    ),
    "prevented_money": (
        marked("Warnings prevent losses of {level} {currency}, {change} more than in the scenario."),
        marked("Warnings prevent losses of {level} {currency}, {change} less than in the scenario."),
        marked("Warnings prevent losses of {level} {currency}, as in the scenario."),
        marked("Warnings prevent losses of {level} {currency}."),
        marked("Warnings prevent losses of {level} {currency}, with no clear difference from the scenario."),
    ),
}
"""Sentences of some outcomes: more, less, the same, without a baseline, and no clear difference."""

CHANGES: dict[str, tuple[str, str]] = {
    PEOPLE: (marked("{change} more than in the scenario"), marked("{change} fewer than in the scenario")),
    MONEY: (marked("{change} more than in the scenario"), marked("{change} less than in the scenario")),
    SHARE: (marked("{change} points more than in the scenario"), marked("{change} points less than in the scenario")),
    MINUTES: (marked("{change} longer than in the scenario"), marked("{change} shorter than in the scenario")),
}
"""Texts of a difference above and below 0, by the unit of the outcome."""

UNITS = {
    "": "{number}",
    "ms": marked("{number} ms"),
    "s": marked("{number} s"),
    "min": marked("{number} min"),
    "h": marked("{number} h"),
    "d": marked("{number} d"),
    "week": marked("{number} weeks"),
    "per s": marked("{number} per s"),
    "per min": marked("{number} per min"),
    "per h": marked("{number} per h"),
    "per d": marked("{number} per day"),
    "per day": marked("{number} per day"),
    "per week": marked("{number} per week"),
    "per year": marked("{number} per year"),
}
"""Texts of a lever's number with its unit."""

WAITS = ((2880.0, 1440.0, "d"), (120.0, 60.0, "h"), (0.0, 1.0, "min"))
"""The fewest minutes of a wait for a unit of time, the minutes in that unit, and its name in ``UNITS``."""

FRAME = {
    "ranged": marked("{level} ({low} to {high})"),
    "interval": marked("95% interval: {low} to {high}"),
    "unsure": marked("95% interval: {low} to {high}, possibly none"),
    "plus": marked("+{number}"),
    "minus": marked("−{number}"),
    "relative": marked("{change} ({share})"),
    "same": marked("the same as in the scenario"),
    "one_seed": marked("run-to-run noise unknown: one seed"),
    "setting": marked("{name}: {value}"),
    "nearest": marked("Nearest simulated run: point {point} of {catalogue}."),
    "this": marked("This setting was simulated: point {point} of {catalogue}."),
    "curve": marked("{outcome} along {lever}: {first} at {low}, {last} at {high}, {here} at {value}."),
    "dark": marked("Dark"),
    "light": marked("Light"),
    "dark_colours": marked("Dark colours"),
    "light_colours": marked("Light colours"),
    "separator": marked("; "),
}
"""Texts of the page around numbers."""

DIGITS, NARROW = 3, 0.02
"""Significant digits; an interval narrower than this share of its level has one more."""


def frame() -> dict[str, str]:
    """Return the texts around numbers, by use."""
    return {name: said(text) for name, text in FRAME.items()}


def name_of(outcome: SweptQuantity) -> str:
    """Return the name of an outcome."""
    return capital(quantity_named(outcome.name))


def lever_text(lever: Lever, number: float) -> str:
    """Return an exact value of a lever as people read it, with its unit."""
    from datetime import date

    if lever.parameter.kind is date:
        return day_named(date.fromordinal(int(number)))
    shown = written(f"{Decimal(plain_decimal(number)):,}")
    return said(UNITS[lever.parameter.unit], number=shown)


def level_text(unit: str, value: float, digits: int = DIGITS) -> str:
    """Return an outcome as people read it, rounded to a number of significant digits."""
    if unit == SHARE:
        return percent(value)
    if unit == MINUTES:
        size, name = next((size, name) for least, size, name in WAITS if value >= least)
        return said(UNITS[name], number=amount(value / size, digits))
    return amount(value, digits)


def digits_of(one: Estimate) -> int:
    """Return the digits that separate a level from the ends of its interval: three, or four if it is narrow."""
    return DIGITS + (0.0 < one.high - one.low < NARROW * one.level)


def ranged(outcome: SweptQuantity, estimate: Estimate) -> str:
    """Return an outcome with its interval, if it has one."""
    ends = (estimate.level, estimate.low, estimate.high)
    level, low, high = (level_text(outcome.unit, one, digits_of(estimate)) for one in ends)
    return level if estimate.low == estimate.high else said(FRAME["ranged"], level=level, low=low, high=high)


def change_size(unit: str, change: float) -> str:
    """Return the size of a difference, without its sign: shares in points of percent."""
    size = float(f"{abs(100.0 * change if unit == SHARE else change):.{DIGITS}g}")
    return level_text(unit, size) if unit == MINUTES else amount(size)


def signed(unit: str, change: float) -> str:
    """Return a difference with its sign."""
    shown = change_size(unit, change)
    if not change:
        return shown
    return said(FRAME["plus" if change > 0 else "minus"], number=shown)


def change_text(outcome: SweptQuantity, estimate: Estimate) -> str:
    """Return the difference of an outcome from the scenario; empty if that was not simulated."""
    if estimate.more is None or outcome.present is None:
        return ""
    if estimate.more == 0.0:
        return said(FRAME["same"])
    text = said(CHANGES[outcome.unit][estimate.more < 0], change=change_size(outcome.unit, estimate.more))
    base = float(outcome.present.mean())
    if outcome.unit == SHARE or not base:
        return text
    share = said(FRAME["plus" if estimate.more > 0 else "minus"], number=percent(abs(estimate.more / base)))
    return said(FRAME["relative"], change=text, share=share)


def change_interval(outcome: SweptQuantity, estimate: Estimate) -> str:
    """Return the interval of a difference; empty if there is none."""
    low, high = estimate.more_low, estimate.more_high
    if low is None or high is None or low == high:
        return ""
    text = FRAME["unsure" if is_unsure(estimate) else "interval"]
    return said(text, low=signed(outcome.unit, low), high=signed(outcome.unit, high))


def is_unsure(estimate: Estimate) -> bool:
    """Return whether the interval of a difference holds zero."""
    low, high = estimate.more_low, estimate.more_high
    return low is not None and high is not None and low < high and low <= 0.0 <= high


def sentence(outcome: SweptQuantity, estimate: Estimate) -> str:
    """Return the sentence of an outcome that has one."""
    more, less, same, alone, unsure = SENTENCES[outcome.name]
    level = ranged(outcome, estimate)
    if estimate.more is None:
        return said(alone, level=level)
    if is_unsure(estimate):
        return said(unsure, level=level)
    text = same if estimate.more == 0.0 else more if estimate.more > 0.0 else less
    return said(text, level=level, change=change_size(outcome.unit, estimate.more))


def lever_named(scenario: "Scenario", key: str) -> str:
    """Return the name of a lever in words, the name of ``tocsin diff``."""
    return capital(key_name(key, scenario.spec))


def setting_text(found: "Explored", numbers: "Sequence[float]") -> str:
    """Return the values of all levers, each with its name."""
    told = (
        said(FRAME["setting"], name=lever_named(found.scenario, lever.key), value=lever_text(lever, number))
        for lever, number in zip(found.levers, numbers, strict=True)
    )
    return said(FRAME["separator"]).join(told)


def templates() -> dict[str, Any]:
    """Return all templates for the page, by use."""
    return {
        "frame": frame(),
        "changes": {unit: [said(text) for text in texts] for unit, texts in CHANGES.items()},
        "sentences": {name: [said(text) for text in texts] for name, texts in SENTENCES.items()},
        "waits": [[least, size, said(UNITS[name])] for least, size, name in WAITS],
    }
