"""Renamed quantities: old names work for one more minor version, with a warning."""

import re
from warnings import warn

OLD = re.compile(r"_(yuan|fen)(?=_change$|$)")
NEW = {"yuan": "_money", "fen": "_cents"}
"""Until version 0.2 money was in yuan and fen; now a scenario names its currency."""

GOES = "0.3"
"""The version that removes the old names."""


class RenamedWarning(FutureWarning):
    """A quantity was requested by its old name."""


def current(name: str) -> str:
    """Return the current name of a quantity; warns about an old one."""
    today = OLD.sub(lambda match: NEW[match[1]], name)
    if today != name:
        warn(f"{name} is now called {today}; version {GOES} removes the old name", RenamedWarning, stacklevel=3)
    return today
