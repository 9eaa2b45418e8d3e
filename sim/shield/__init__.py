"""The gates that every potential attempt meets, one file a gate.

``SHIELD`` in ``sim/base/words.py`` declares them in their order. Gates 1 to 6 each stop a share of the attempts of a
cell that reach them: ``thresholds.py`` puts these shares into one table, which is all that engines read of them. Gate 7
asks the person. ``docs/architecture.md`` says how to add one.

The file of a gate holds up to three functions, found by the row of the gate in ``SHIELD``:

- ``thresholds(spec, measures, days, codes)``: the shares that the gate stops on each day, as thresholds, for provinces
  with these codes: (D, P), (D, P, channels) or (D, P, channels, T). The thresholds of a gate that follows a stock, such
  as cards, come from midnight instead.
- ``theory(spec, channel, code)``: the share that theory expects the gate to stop in a province, where no stock changes,
  nobody differs, and measures are in full force. ``tocsin verify`` compares engines with it.
- ``off(spec)``: the values by dotted key with which the gate stops nothing, if it has a layer of attribution and is
  more than what measures do.

Nothing heavy is imported here, so that commands that only read runs start at once.
"""

from collections.abc import Callable
from importlib import import_module
from typing import Any, Final

from sim.base.words import Gate

NEVER: Final = 100.0
"""A score, in standard deviations, that nothing reaches."""


def of_gate(gate: Gate, name: str) -> Callable[..., Any] | None:
    """Return the function of this name in the file of a gate; None if it has none."""
    found: Callable[..., Any] | None = getattr(import_module(f"sim.shield.{gate.file}"), name, None)
    return found
