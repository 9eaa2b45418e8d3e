"""What is drawn, as plain values: the document that a browser gets."""

import json
from typing import Any

import sim
from sim.experiments.pairing import changes
from sim.report import experiments


def document(figure: Any) -> dict[str, Any]:
    """Give a figure as JSON has it; fails where a number is not one."""

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} in a picture")

    found: dict[str, Any] = json.loads(figure.to_json(), parse_constant=refuse)
    return found


def traces(figure: Any, name: str) -> list[Any]:
    """Give the traces of a name, in their order."""
    return [trace for trace in figure.data if trace.name == name]


def compared(base: sim.Run, other: sim.Run) -> dict[str, tuple[Any, Any]]:
    """Draw every picture of a comparison of two runs with events, and its table."""
    frame = sim.compare([base, other])
    whom = experiments.whom((changes(base, other), base))
    found = {
        "differences": experiments.differences(frame),
        "costs": experiments.cost_differences(frame),
        "fates": experiments.fates((frame, [base, other])),
    }
    return {
        **{name: (drawn.view(), drawn.table) for name, drawn in found.items()},
        **{f"whom by {by}": (whom.view(by), whom.table) for by in experiments.BY},
    }
