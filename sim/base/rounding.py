"""Numbers as people read them: rounded to the digits that matter, large ones with words or letters.

Words, letters, separators and signs are those of the language that is spoken.

Exact sums of integers below 2**62; larger ones are an error, so none wraps around 63 bits.
"""

from collections.abc import Callable
from math import floor, isnan, log10
from typing import TYPE_CHECKING, Any

from sim.language import ENGLISH, said, spoken

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LONG = {
    "en": ((1e12, " trillion"), (1e9, " billion"), (1e6, " million")),
    "zh": ((1e12, "万亿"), (1e8, "亿"), (1e4, "万")),
    "fr": (
        (1e12, "\N{NO-BREAK SPACE}billion"),
        (1e9, "\N{NO-BREAK SPACE}milliard"),
        (1e6, "\N{NO-BREAK SPACE}million"),
    ),
}
_SHORT = {
    "en": ((1e9, "bn"), (1e6, "m"), (1e3, "k")),
    "zh": ((1e8, "亿"), (1e4, "万")),
    "fr": ((1e9, "\N{NO-BREAK SPACE}Md"), (1e6, "\N{NO-BREAK SPACE}M"), (1e3, "\N{NO-BREAK SPACE}k")),
}
PERCENT = {"en": "%", "zh": "%", "fr": "\N{NO-BREAK SPACE}%"}
"""The percent sign of each language."""
_FRENCH_SEVERAL = 2
"""From this number on French uses the plural: 1,9 million, 2 millions."""


class Written(str):
    """A number as people read it, with its ``value`` and ``others`` of the same text by name, for scripts."""

    value: float | None
    others: dict[str, float]

    def __new__(cls, text: str, value: float | None = None, others: dict[str, float] | None = None) -> "Written":
        """Make one of its text, its number, and other numbers in the text by name."""
        found = super().__new__(cls, text)
        found.value = value
        found.others = others or {}
        return found


def amount(value: float | int | None, digits: int = 3) -> Written:
    """Return a number with significant digits: ``12.3 billion``, ``4.56 million``, ``78,900``, ``3.2``."""
    if value is None or isnan(value):
        return Written(said("none"))
    return Written(_amount(value, digits), value)


def _amount(value: float, digits: int) -> str:
    for size, name in _LONG[spoken()]:
        if abs(value) >= size * (1 - 0.5 * 10.0**-digits):
            several = "s" if spoken() == "fr" and abs(value) >= _FRENCH_SEVERAL * size else ""
            return f"{_rounded(value / size, digits)}{name}{several}"
    return _rounded(value, digits if abs(value) < 1000 else 0)


def significant(value: float, digits: int = 3) -> float:
    """Round a number to significant digits, as many as its uncertainty justifies."""
    return float(f"{value:.{digits}g}")


def percent(value: float | None, digits: int = 3) -> Written:
    """Return a share in percent, with significant digits: one less below ten percent."""
    if value is None or isnan(value):
        return Written(said("none"))
    return Written(f"{_rounded(100 * value, digits - 1 if abs(value) < 0.0995 else digits)}{PERCENT[spoken()]}", value)


def with_share(value: float, share: float) -> Written:
    """Return a number and its share of a whole: ``1.89 million (98.7%)``."""
    text = said("{amount} ({share})", amount=amount(value), share=percent(share))
    return Written(text, value, {said("share"): share})


def between(low: float | None, high: float | None, words: Callable[[float], str] = amount) -> Written:
    """Return an interval: ``1.2 to 3.4 million``, with common words once; ``none`` if an end is missing."""
    if low is None or high is None:
        return Written(said("none"))
    near, far = words(low), words(high)
    figures, space, word = near.replace("\N{NO-BREAK SPACE}", " ").rpartition(" ")
    if space and far.endswith(word) and not far.removesuffix(word)[-1].isalnum():
        near = near[: len(figures)]
    return Written(said("{low} to {high}", low=near, high=far), None, {said("low"): low, said("high"): high})


def fixed(value: float, decimals: int) -> Written:
    """Return a number with a fixed number of decimals: ``1.90``."""
    return Written(written(f"{value:,.{decimals}f}"), value)


def short(value: float | int | None) -> Written:
    """Return a number for narrow places: ``12.3bn``, ``4.6m``, ``79k``, ``3.2``."""
    if value is None or isnan(value):
        return Written(said("none"))
    for size, name in _SHORT[spoken()]:
        if abs(value) >= size * 0.995:
            return Written(f"{_rounded(value / size, 3)}{name}", value)
    return Written(_rounded(value, 3), value)


def _rounded(value: float, digits: int) -> str:
    """Round to significant digits; 0 digits means to whole numbers."""
    if value == 0:
        return "0"
    decimals = 0 if digits == 0 else max(0, digits - 1 - floor(log10(abs(value))))
    shown = f"{value:,.{decimals}f}"
    return written(shown.rstrip("0").rstrip(".") if "." in shown else shown)


def written(number: str) -> str:
    """Return a number in English notation, ``1,234.5``, in that of the language that is spoken."""
    if spoken() == ENGLISH:
        return number
    from babel import Locale

    symbols = Locale(spoken()).number_symbols["latn"]
    return number.translate(str.maketrans({",": symbols["group"], ".": symbols["decimal"]}))


def number_text(value: float | int | str | None) -> str:
    """Return a number: whole with separators, or with three significant digits if small."""
    if value is None:
        return "-"
    if isinstance(value, str):
        return value
    if abs(value) >= 1000 or value == int(value):
        return written(f"{value:,.0f}")
    return written(f"{value:.3g}")


TOO_LARGE = 1 << 62
"""Upper limit of sums: half of 63 bits, so that one more amount can be added without a check."""

LOW_BITS = 31


def exact_sum(values: "NDArray[Any]") -> int:
    """Return the sum of fewer than 2**31 integers; it may exceed 64 bits."""
    return (int((values >> LOW_BITS).sum()) << LOW_BITS) + int((values & ((1 << LOW_BITS) - 1)).sum())


def demand_exact(total: int, table: str, measure: str) -> None:
    """Raise an error if the sum of a measure over a whole table is too large to be exact.

    Measures are never negative, so sums of fewer rows are smaller.

    Raises:
        OverflowError: If it is too large; names table and measure.
    """
    if total >= TOO_LARGE:
        raise OverflowError(f"the sum of {table}.{measure} is 2^62 or more and cannot be counted exactly")
