"""A YAML file becomes a frozen scenario, or a list of all its mistakes.

The steps, which ``load`` runs in order:

- ``bundled`` finds the file; ``reading``, with ``composer`` and ``core_schema``, and ``csv_files`` parse files into
  ``nodes``, which know where each value was written.
- ``parameters`` unwraps values in full form, ``extends`` merges files, ``stored_draws`` and ``overrides`` replace
  values; ``policy`` keeps the result, so that levers can change it.
- The models of ``schema`` validate the values, with the types of ``scalars``, ``units``, ``distributions`` and
  ``tables``; ``ranges`` checks the ranges. ``shapes`` knows what the schema expects at a place; ``pydantic_errors`` and
  ``errors`` word the mistakes.
- The result is ``resolved``: ``writing`` makes a file of it, ``show`` lines for people. ``jsonschema`` is for editors.

Names are imported on first use, so importing this package is fast.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.scenario.bundled import bundled_folder, bundled_scenarios
    from sim.scenario.errors import Mistake, ScenarioError
    from sim.scenario.jsonschema import json_schema
    from sim.scenario.load import Scenario, changed, load_scenario, posterior, validate
    from sim.scenario.resolved import Source
    from sim.scenario.schema import ScenarioModel
    from sim.scenario.show import show_lines
    from sim.scenario.shown import scenario_html

_HOMES = {
    "Mistake": "errors",
    "Scenario": "load",
    "ScenarioError": "errors",
    "ScenarioModel": "schema",
    "Source": "resolved",
    "bundled_folder": "bundled",
    "bundled_scenarios": "bundled",
    "changed": "load",
    "json_schema": "jsonschema",
    "load_scenario": "load",
    "posterior": "load",
    "scenario_html": "shown",
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
