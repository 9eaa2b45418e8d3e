"""Predictions and reports that tests make up."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from sim.predictions import OVER_DRAWS, POINT, Prediction, Report
from sim.store.folder import sealed

Y2022 = ("2022-01-01", "2022-12-31")


def figure(name: str, point: float, values: Sequence[float] = (), window: Sequence[str] = Y2022) -> dict[str, Any]:
    """Return a figure; with values, their ends as its interval."""
    ends = {"quantiles": {"0.05": min(values), "0.95": max(values)}, "values": list(values)} if values else {}
    return {"name": name, "window": list(window), "point": point, **ends}


def prediction(figures: Sequence[Mapping[str, Any]], day: str = "2022-12-15", **more: Any) -> Prediction:
    """Return a sealed prediction, with intervals where its figures have values."""
    interval = OVER_DRAWS if "values" in figures[0] else POINT
    document = {
        **{"scenario": "made-up", "version": "9.9", "date": day, "data_end": "2022-11-30", "interval": interval},
        **{"scenario_sha256": "a" * 64, "draws_sha256": None, **more, "figures": list(figures)},
    }
    return Prediction(Path("made-up.json"), sealed(document))


def report(name: str, start: str, end: str, value: float, looked_up: str = "2023-02-01") -> Report:
    """Return a report."""
    days = (date.fromisoformat(one) for one in (start, end, looked_up))
    first, last, looked = days
    return Report(name, first, last, value, None, looked, "made up")
