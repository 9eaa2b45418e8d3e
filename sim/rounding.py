"""Numbers as people read them: rounded to the digits that matter, with words or letters for what is large."""

from math import floor, isnan, log10


def amount(value: float | int | None, digits: int = 3) -> str:
    """Return a number with so many significant digits: ``12.3 billion``, ``4.56 million``, ``78,900``, ``3.2``."""
    if value is None or isnan(value):
        return "none"
    for size, name in ((1e12, " trillion"), (1e9, " billion"), (1e6, " million")):
        if abs(value) >= size * (1 - 0.5 * 10.0**-digits):
            return f"{_rounded(value / size, digits)}{name}"
    return _rounded(value, digits if abs(value) < 1000 else 0)


def percent(value: float | None) -> str:
    """Return a share in percent, with two significant digits below ten percent."""
    if value is None or isnan(value):
        return "none"
    return f"{_rounded(100 * value, 2 if abs(value) < 0.0995 else 3)}%"


def short(value: float | int | None) -> str:
    """Return a number for narrow places: ``12.3bn``, ``4.6m``, ``79k``, ``3.2``."""
    if value is None or isnan(value):
        return "none"
    for size, name in ((1e9, "bn"), (1e6, "m"), (1e3, "k")):
        if abs(value) >= size * 0.995:
            return f"{_rounded(value / size, 3)}{name}"
    return _rounded(value, 3)


def _rounded(value: float, digits: int) -> str:
    """Round to significant digits; 0 digits means to whole numbers."""
    if value == 0:
        return "0"
    decimals = 0 if digits == 0 else max(0, digits - 1 - floor(log10(abs(value))))
    shown = f"{value:,.{decimals}f}"
    return shown.rstrip("0").rstrip(".") if "." in shown else shown
