"""Scenarios as calls take them: a name, a path or a Scenario, and the changes that the options of a command make."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypedDict, Unpack

from sim.scenario.errors import ScenarioError
from sim.scenario.load import Scenario, changed, load_scenario
from sim.scenario.pooled import POOL
from sim.scenario.stored_draws import NUMBER, no_draw

ScenarioLike = Scenario | str | Path
"""A scenario, or the name of a bundled one, or the path of a file."""


class Options(TypedDict, total=False):
    """What a call changes of a scenario; None changes nothing.

    Attributes:
        engine: ``vector`` or ``reference``.
        scale: The sampled share of the population.
        pool: ``none``, ``country``, ``regions``, or a map ``{"apart": [...]}`` of provinces that stay separate.
        seed: The seed of all random draws.
        draw: The posterior draw whose values are used, counted from 0; only for a name or path.
        set: Values by dotted key, as ``--set`` gives them: texts or plain values.
    """

    engine: str | None
    scale: float | None
    pool: str | Mapping[str, Any] | None
    seed: int | None
    draw: int | None
    set: Mapping[str, Any] | None


def with_options(scenario: ScenarioLike, **options: Unpack[Options]) -> Scenario:
    """Return a scenario with options, loaded first if it is a name or a path.

    Raises:
        ScenarioError: For mistakes, and for a ``draw`` of a scenario that is loaded.
        TypeError: For other options.
    """
    unknown = [key for key in options if key not in Options.__optional_keys__]
    if unknown:
        raise TypeError(f"unexpected keyword argument {unknown[0]!r}; use one of {', '.join(Options.__annotations__)}")
    settings = options.get("set") or {}
    values: dict[str, Any] = {key: value for key, value in options.items() if key != "set" and value is not None}
    if not isinstance(scenario, Scenario):
        return load_scenario(scenario, settings, **values)
    if NUMBER in values:
        raise ScenarioError(
            [no_draw(f"{scenario.name} is loaded, with its values", "must be given by its name or path")]
        )
    found = scenario.with_(settings) if settings else scenario
    dotted = {".".join(POOL) if key == POOL[-1] else key: value for key, value in values.items()}
    return changed(found, dotted) if dotted else found
