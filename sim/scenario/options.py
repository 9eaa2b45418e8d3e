"""Scenarios as calls take them: a name, a path or a Scenario, and the changes that the options of a command make."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypedDict, Unpack

from sim.scenario.load import Scenario, changed, load_scenario
from sim.scenario.pooled import POOL

ScenarioLike = Scenario | str | Path
"""A scenario, or the name of a bundled one, or the path of a file."""


class Options(TypedDict, total=False):
    """What a call changes of a scenario; None changes nothing.

    Attributes:
        engine: ``vector`` or ``reference``.
        scale: The sampled share of the population.
        pool: ``none``, ``country``, ``regions``, or a map ``{"apart": [...]}`` of provinces that stay separate.
        seed: The seed of all random draws.
        set: Values by dotted key, as ``--set`` gives them: texts or plain values.
    """

    engine: str | None
    scale: float | None
    pool: str | Mapping[str, Any] | None
    seed: int | None
    set: Mapping[str, Any] | None


def with_options(scenario: ScenarioLike, **options: Unpack[Options]) -> Scenario:
    """Return a scenario with options, loaded first if it is a name or a path; raises ScenarioError with every mistake.

    Raises:
        TypeError: For other options.
    """
    unknown = [key for key in options if key not in Options.__optional_keys__]
    if unknown:
        raise TypeError(f"unexpected keyword argument {unknown[0]!r}; use one of {', '.join(Options.__annotations__)}")
    settings = options.get("set") or {}
    values: dict[str, Any] = {key: value for key, value in options.items() if key != "set" and value is not None}
    if not isinstance(scenario, Scenario):
        return load_scenario(scenario, settings, **values)
    found = scenario.with_(settings) if settings else scenario
    dotted = {".".join(POOL) if key == POOL[-1] else key: value for key, value in values.items()}
    return changed(found, dotted) if dotted else found
