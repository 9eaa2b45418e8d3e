"""What is drawn, as plain values: the document that a browser gets."""

import json
from typing import Any

import sim
from sim.experiments.pairing import changes
from sim.report.pictures import comparison, desks, money, people, waits

OF_A_RUN = {
    "waits": (waits.waits, waits.waits_table),
    "expired": (waits.expired, waits.expired_table),
    "ends": (waits.ends, waits.ends_table),
    "load": (desks.load, desks.load_table),
    "utilisation": (desks.utilisation, desks.utilisation_table),
    "queues": (desks.queues, desks.queues_table),
    "detection": (waits.detection, waits.detection_table),
    "precision": (waits.precision, waits.precision_table),
    "money": (money.money, money.money_table),
    "costs": (money.costs, money.costs_table),
    "ages": (people.ages, people.ages_table),
    "types": (people.types, people.types_table),
}


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
    frame, found = sim.compare([base, other]), changes(base, other)
    return {
        "differences": (comparison.differences(frame), comparison.differences_table(frame)),
        "costs": (money.cost_differences(frame), money.cost_differences_table(frame)),
        "fates": (comparison.fates(frame), comparison.fates_table(base, [other])),
        **{
            f"whom by {by}": (comparison.whom(found, base, by), comparison.whom_table(found, base))
            for by in comparison.BY
        },
    }
