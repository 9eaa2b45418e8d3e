"""What experiments keep of a finished run, in plain values: functions that workers import by their name."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.results.run import Run

Outcome = dict[str, Any]


def figures_and_evidence(run: "Run") -> Outcome:
    """Give ``figures`` and ``evidence`` in the order of the scenario, null where there is none."""
    manifest = run.manifest
    return {
        "figures": [figure["simulated"] for figure in manifest["figures"]],
        "evidence": [row["simulated"] for row in manifest.get("evidence", [])],
    }


def quantities(run: "Run") -> Outcome:
    """Give what is compared of a run: its totals, flat, and each figure that it has a value of, ``NAME@START..END``."""
    found = dict(run.totals)
    for row in run.manifest["figures"]:
        if row["simulated"] is not None:
            found[f"{row['name']}@{row['window'][0]}..{row['window'][1] or ''}"] = row["simulated"]
    return found
