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


def benefits_and_costs(run: "Run") -> Outcome:
    """Give what a layer prevents and what it costs, of the country.

    ``victims``; ``net_loss_yuan``, lost by all victims less what was recovered; ``false_alarms``, alerts about
    legitimate contacts; ``false_blocks``; ``staff_hours`` of calls and visits.
    """
    import pyarrow.parquet as pq

    from sim.results.figures import unit
    from sim.results.schemas import TABLES

    totals = run.manifest["totals"]
    legitimate = [("truth", "=", "legitimate")]
    table = pq.read_table(run.path / TABLES["alerts"].file, columns=["count"], filters=legitimate)
    alarms = sum(table.column("count").to_pylist()) * unit("alerts_central", run.manifest["scale"])
    return {
        "victims": totals["victims"],
        "net_loss_yuan": totals["loss_yuan"] - totals["recovered_yuan"],
        "false_alarms": float(alarms),
        "false_blocks": totals["false_blocks"],
        "staff_hours": totals["staff_hours_call"] + totals["staff_hours_visit"],
    }
