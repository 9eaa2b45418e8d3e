"""A YAML file becomes a frozen scenario, or a list of all its mistakes.

The steps, which ``load`` runs in order:

- ``reading`` finds and parses files, also tables, into the nodes of ``errors``, which know where each
  value was written.
- ``merging`` unwraps values in full form, merges files, replaces values and gives those of a draw;
  ``load`` keeps the result, so that ``levers`` can change it.
- The models of ``schema`` validate the values, with the types of ``bounds``.
  ``keys`` knows what the schema expects at a place; ``load`` and ``errors`` word what is wrong.
- The result is ``resolved``: ``reading`` makes a file of it, ``levers`` lines for people, ``guide`` a schema.

Names are imported on first use, so importing this package is fast.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.scenario.errors import ScenarioError
    from sim.scenario.load import Scenario, changed, load_scenario
    from sim.scenario.schema import ScenarioModel

_HOMES = {"ScenarioError": "errors", "ScenarioModel": "schema"}
"""The files of names; the other names are those of ``load``."""

__all__ = ["Scenario", "ScenarioError", "ScenarioModel", "changed", "load_scenario"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    return getattr(import_module(f"{__name__}.{_HOMES.get(name, 'load')}"), name)
