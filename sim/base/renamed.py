"""Quantities that an older version called otherwise: their names work for one minor version longer, with a warning."""

import re
from warnings import warn

OLD = re.compile(r"_(yuan|fen)(?=_change$|$)")
NEW = {"yuan": "_money", "fen": "_cents"}
"""Until version 0.2 money was told in yuan and counted in fen; now a scenario says its currency."""

GOES = "0.3"
"""The version without the old names."""


class RenamedWarning(FutureWarning):
    """A quantity was asked for by the name that an older version gave it."""


def current(name: str) -> str:
    """Return the name of a quantity as it is today; warns of one that is not."""
    today = OLD.sub(lambda match: NEW[match[1]], name)
    if today != name:
        warn(f"{name} is now called {today}; version {GOES} removes the old name", RenamedWarning, stacklevel=3)
    return today
