"""A finished run, read from its folder: tables as DataFrames, each loaded when it is first asked for."""

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.results.folder import SCENARIO_YAML, read_manifest
from sim.results.schemas import TABLES

if TYPE_CHECKING:
    import pandas as pd

    from sim.scenario import Scenario


class Run:
    """A finished run.

    Tables (``attempts``, ``alerts``, ``contacts``, ``waits``, ``hours``, ``outcomes``, ``cases``, ``flows``,
    ``state``, ``events``) are pandas DataFrames as stored: counts as simulated, days as datetimes, provinces
    as two-digit codes, null as a missing value. ``figures``, ``totals`` and ``evidence`` are scaled up to the country.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.manifest: dict[str, Any] = read_manifest(path)

    def __repr__(self) -> str:
        name, seed, scale = (self.manifest[key] for key in ("name", "seed", "scale"))
        return f"<Run {name}, seed {seed}, scale {scale:g}, {self.path}>"

    @cached_property
    def scenario(self) -> "Scenario":
        """The resolved scenario that was run."""
        from sim.scenario import load_scenario

        return load_scenario(str(self.path / SCENARIO_YAML))

    @cached_property
    def figures(self) -> "pd.DataFrame":
        """One row a figure: name, start, end, role, reported, simulated, ratio, tolerance, within."""
        import pandas as pd

        rows = []
        for row in self.manifest["figures"]:
            start, end = row["window"]
            reported = row["reported"] if isinstance(row["reported"], int | float) else None
            rows.append({**row, "start": start, "end": end, "reported": reported})
        frame = pd.DataFrame(
            rows,
            columns=["name", "start", "end", "role", "reported", "simulated", "ratio", "tolerance", "within"],
        )
        for column in ("start", "end"):
            frame[column] = pd.to_datetime(frame[column])
        for column in ("reported", "simulated", "ratio", "tolerance"):
            frame[column] = frame[column].astype("Float64")
        frame["within"] = frame["within"].astype("boolean")
        return frame

    @cached_property
    def evidence(self) -> "pd.DataFrame":
        """One row a quantity of the inside: name, start, end, simulated, value, low, high, within, basis."""
        import pandas as pd

        columns = ["name", "start", "end", "simulated", "value", "low", "high", "within", "basis"]
        rows = [{**row, "start": row["window"][0], "end": row["window"][1]} for row in self.manifest["evidence"]]
        frame = pd.DataFrame(rows, columns=columns)
        for column in ("start", "end"):
            frame[column] = pd.to_datetime(frame[column])
        for column in ("simulated", "value", "low", "high"):
            frame[column] = frame[column].astype("Float64")
        frame["within"] = frame["within"].astype("boolean")
        return frame

    @cached_property
    def totals(self) -> "pd.Series[Any]":
        """The totals, flat: ``attempts_by_fate`` and its like become ``attempts_by_fate.engaged``."""
        import pandas as pd

        flat: dict[str, Any] = {}
        for key, value in self.manifest["totals"].items():
            if isinstance(value, dict):
                flat.update({f"{key}.{label}": amount for label, amount in value.items()})
            else:
                flat[key] = value
        return pd.Series(flat, name=self.manifest["name"], dtype=object)

    @cached_property
    def attempts(self) -> "pd.DataFrame":
        """Attempts by day, province, channel, fraud type and fate."""
        return self._table("attempts")

    @cached_property
    def alerts(self) -> "pd.DataFrame":
        """Alerts by day of issue, province, source, tier, truth and end."""
        return self._table("alerts")

    @cached_property
    def contacts(self) -> "pd.DataFrame":
        """Contacts by day, province, tier, channel and result, with staff time in ms."""
        return self._table("contacts")

    @cached_property
    def waits(self) -> "pd.DataFrame":
        """Waits by month, province, tier, channel and bin (its upper edge in ms)."""
        return self._table("waits")

    @cached_property
    def hours(self) -> "pd.DataFrame":
        """Busy and staffed ms of desks by month, province, channel, weekday and half hour."""
        return self._table("hours")

    @cached_property
    def outcomes(self) -> "pd.DataFrame":
        """Episodes and what became of them by day, province, fraud type, age band and sex."""
        return self._table("outcomes")

    @cached_property
    def cases(self) -> "pd.DataFrame":
        """Cases filed by month, province, fraud type and bins of report delay (ms) and loss (fen), by upper edges."""
        return self._table("cases")

    @cached_property
    def flows(self) -> "pd.DataFrame":
        """Further counts by day, province (null where national) and quantity."""
        return self._table("flows")

    @cached_property
    def state(self) -> "pd.DataFrame":
        """Macro state by day, province (null for the country) and quantity."""
        return self._table("state")

    @cached_property
    def events(self) -> "pd.DataFrame":
        """Events in order of time, phase and identity; raises FileNotFoundError if none were recorded."""
        if not (self.path / TABLES["events"].file).exists():
            raise FileNotFoundError(f"{self.path}: this run recorded no events; run it with events='all'")
        return self._table("events")

    def _table(self, name: str) -> "pd.DataFrame":
        import pandas as pd
        import pyarrow as pa
        import pyarrow.parquet as pq

        schema = TABLES[name]
        stored = pq.read_table(self.path / schema.file)
        nullable: dict[Any, Any] = {
            pa.string(): pd.StringDtype(),
            pa.int8(): pd.Int8Dtype(),
            pa.int16(): pd.Int16Dtype(),
            pa.int32(): pd.Int32Dtype(),
            pa.int64(): pd.Int64Dtype(),
        }
        frame = {}
        for column in schema.columns:
            mapper = nullable.get if column.nullable else None
            series = stored.column(column.name).to_pandas(date_as_object=False, types_mapper=mapper)
            frame[column.name] = series
        return pd.DataFrame(frame)


def load_run(path: str | Path) -> Run:
    """Open the folder of a finished run; raises FolderError for anything else."""
    return Run(Path(path))
