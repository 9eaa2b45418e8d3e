"""A YAML file becomes a frozen scenario, or a list of all its mistakes.

The steps, which ``load`` runs in order:

- ``bundled`` finds the file; ``reading`` parses files, also tables, into the nodes of ``errors``, which know where each
  value was written.
- ``merging`` unwraps values in full form, merges files and replaces values, ``stored_draws`` gives those of a draw;
  ``load`` keeps the result, so that ``levers`` can change it.
- The models of ``schema`` validate the values, with the types of ``scalars``, ``bounds`` and ``distributions``.
  ``shapes`` knows what the schema expects at a place; ``mistakes`` and ``errors`` word what is wrong.
- The result is ``resolved``: ``reading`` makes a file of it, ``show`` lines for people, ``guide`` a schema for editors.

Names are imported on first use, so importing this package is fast.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.scenario.bundled import bundled_folder, bundled_scenarios
    from sim.scenario.errors import Mistake, ScenarioError
    from sim.scenario.guide import json_schema
    from sim.scenario.load import Scenario, changed, load_scenario, posterior, validate
    from sim.scenario.resolved import Source
    from sim.scenario.schema import ScenarioModel
    from sim.scenario.show import scenario_html, show_lines

_HOMES = {
    "Mistake": "errors",
    "Scenario": "load",
    "ScenarioError": "errors",
    "ScenarioModel": "schema",
    "Source": "resolved",
    "bundled_folder": "bundled",
    "bundled_scenarios": "bundled",
    "changed": "load",
    "json_schema": "guide",
    "load_scenario": "load",
    "posterior": "load",
    "scenario_html": "show",
    "show_lines": "show",
    "validate": "load",
}

__all__ = [
    "Mistake",
    "Scenario",
    "ScenarioError",
    "ScenarioModel",
    "Source",
    "bundled_folder",
    "bundled_scenarios",
    "changed",
    "json_schema",
    "load_scenario",
    "posterior",
    "scenario_html",
    "show_lines",
    "validate",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
