"""A finished run, read from its folder: tables as DataFrames, each loaded at its first use."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.language.spoken import ENGLISH, speaking, spoken
from sim.reading.chance import chance
from sim.reading.figures import CHANGE, Asked, AskedError, ask, demand_name, flat, of_province, period, read, span, unit
from sim.reading.quantities import BY_DAY, FIGURES, LATE, PROVINCE, SETTLED, Quantities
from sim.scenario.errors import choices, found, nearest
from sim.scenario.given import named_by
from sim.scenario.provinces import code_of
from sim.store.columns import Scope
from sim.store.exported import Tables
from sim.store.folder import SCENARIO_YAML
from sim.store.json_files import DamagedError, demand_hashes, reading
from sim.store.query import sums
from sim.store.run_json import RUN_JSON, read_manifest
from sim.store.tables import COUNTED, TABLES

if TYPE_CHECKING:
    import pandas as pd

    from sim.scenario import Scenario

_Daily = Callable[[str, int | None], "pd.Series[Any]"]
DAY, MONTH, FLOW = "day", "month", "quantity"
ANYWHERE = (DAY, MONTH, PROVINCE)
"""Columns by which every quantity can be split that is counted in provinces."""


def frame(folder: Path, scope: Scope, daily: "_Daily", quantities: Sequence[str], by: Sequence[str]) -> "pd.DataFrame":
    """Return quantities of a run summed over its period, or split by columns; see ``Run.to_frame``.

    ``daily`` returns a quantity by day, of a province by its code, or of the country.
    """
    import pandas as pd

    parts = []
    for name in dict.fromkeys(quantities):
        demand_name(name, scope)
        others = [column for column in by if column not in ANYWHERE]
        _demand_columns(name, others, scope)
        columns = list(dict.fromkeys(by))
        parts.append(_of_groups(folder, name, columns, scope) if others else _of_days(daily, name, columns, scope))
    if not by:
        return pd.concat([part.to_frame(part.name).reset_index(drop=True) for part in parts], axis=1)
    return pd.concat(parts, axis=1).sort_index().reset_index()


def _demand_columns(name: str, others: list[str], scope: Scope) -> None:
    """Raise AskedError unless the table behind a quantity has these columns."""
    allowed = [*ANYWHERE, *_groups(name, scope)]
    for column in others:
        if column not in allowed:
            raise AskedError(f"{name}: cannot be split by {found(column)}; {choices(column, allowed)}")


def _groups(name: str, scope: Scope) -> list[str]:
    """Return the columns of labels by which the table behind a quantity counts it, besides ``ANYWHERE``."""
    if name not in FIGURES or (scope.settlement is not None and name in {**LATE, **SETTLED}):
        return []  # what is settled late is known by day and province only
    return [column.name for column in TABLES[FIGURES[name][0]].keys if column.kind == "label" and column.name != FLOW]


def _of_days(daily: "_Daily", name: str, by: list[str], scope: Scope) -> "pd.Series[Any]":
    """Return a quantity by day, month and province from its daily series."""
    import pandas as pd

    names = scope.province_names
    places = list(zip(scope.provinces, names, strict=True)) if PROVINCE in by else [(None, "")]
    parts = []
    for code, place in places:
        series = daily(name, code)
        days = pd.DatetimeIndex(series.index)
        keys = {DAY: days, MONTH: days.to_period("M").to_timestamp(), PROVINCE: [place] * len(days)}
        parts.append(pd.DataFrame({**{column: keys[column] for column in by}, name: series.to_numpy()}))
    whole = pd.concat(parts, ignore_index=True)
    if not by:
        return whole[[name]].sum().rename(name)
    if PROVINCE in by:
        whole[PROVINCE] = pd.Categorical(whole[PROVINCE], categories=list(dict.fromkeys(names)))
    return whole.groupby(by, observed=True)[name].sum()


def _of_groups(folder: Path, name: str, by: list[str], scope: Scope) -> "pd.Series[Any]":
    """Return a quantity by columns of its table."""
    import pandas as pd

    table, wanted, measure = FIGURES[name]
    where = {column: [label] for column, label in zip(BY_DAY[table], wanted, strict=True) if label is not None}
    counted = sums(folder, table, by, [measure], where).to_pandas()
    one = unit(name, scope.scale)
    values = counted[measure].astype("float64") * float(one.numerator) / float(one.denominator)
    for column in by:
        if column == PROVINCE:
            names = dict(zip(scope.provinces, scope.province_names, strict=True))
            counted[column] = pd.Categorical(counted[column].map(names), categories=list(names.values()))
        elif column in (DAY, MONTH):
            counted[column] = pd.to_datetime(counted[column])
        else:
            labels = TABLES[table].column(column).names(scope)
            counted[column] = pd.Categorical(counted[column], categories=list(labels))
    found: pd.Series[Any] = values.groupby([counted[column] for column in by], observed=True).sum().rename(name)
    return found


Day = date | str
"""A day, or a text such as ``2022-01-31``, ``2022-01`` or ``2022``."""

AS_SIMULATED = "as simulated: multiply counts by 1/scale for the country's, except dens, ringleaders and measures"
"""What the numbers of stored tables are, in their ``attrs``."""


class Run:
    """A finished run.

    Tables (``attempts``, ``alerts``, ``contacts``, ``waits``, ``first_contacts``, ``hours``, ``outcomes``, ``cases``,
    ``flows``, ``state``, ``events``) are pandas DataFrames as stored: counts as simulated, days as datetimes, provinces
    as two-digit codes, null as a missing value; ``python -m sim.store.exported`` lists their columns. Their ``attrs``
    have ``scale`` and ``unit``: sums over them are those of the sample. ``figures``, ``totals``, ``evidence`` and
    ``to_frame`` are scaled up to the country.
    """

    def __init__(self, path: Path, scenario: "Scenario | None" = None) -> None:
        """Open the folder of a finished run; FolderError if it holds no run or if a file was changed.

        A scenario that has just been run is passed, so that its files need not be read again.

        Raises:
            DamagedError: If ``run.json`` or a file was changed.
        """
        self.path = path
        self.manifest: dict[str, Any] = read_manifest(path)
        self._found: dict[str, list[dict[str, Any]]] = {}
        if scenario is not None:
            self.scenario = scenario
            return
        files = self.manifest["files"]
        if missing := sorted({SCENARIO_YAML, *(table.file for table in COUNTED)} - set(files)):
            raise DamagedError(f"{path / RUN_JSON}: is not what a run writes: files lacks {missing[0]}")
        demand_hashes(path, files)

    def __repr__(self) -> str:
        name, seed, scale = (self.manifest[key] for key in ("name", "seed", "scale"))
        warned = "".join(f"\nwarning: {line}" for line in dict.fromkeys(self.manifest["warnings"]))
        return f"<Run {name}, seed {seed}, scale {scale:g}, {self.path}>{warned}"

    if not TYPE_CHECKING:  # or mypy would take every name for one of a run

        def __getattr__(self, name: str) -> Any:
            if hasattr(type(self), name):
                return object.__getattribute__(self, name)  # which failed inside: raises that error again
            near = nearest(name, (one for one in dir(type(self)) if not one.startswith("_")))
            raise AttributeError(
                f"a run has no '{name}'{f', did you mean {near!r}?' if near else ''}; any quantity as a table: "
                f"run.to_frame('victims', by=['province', 'month']); stored tables: {', '.join(TABLES)}"
            )

    @cached_property
    def scenario(self) -> "Scenario":
        """The resolved scenario that was run."""
        from sim.scenario import load_scenario

        scenario = load_scenario(str(self.path / SCENARIO_YAML))
        return replace(scenario, components=named_by(self.manifest.get("components", [])))

    @cached_property
    def figures(self) -> "pd.DataFrame":
        """One row a figure of the scenario.

        Columns: name, start, end, role, reported, simulated, ratio, tolerance, standard_error, low and high (of the
        predicted interval), within.
        """
        import pandas as pd

        numbers = ["reported", "simulated", "ratio", "tolerance", "standard_error", "low", "high"]
        rows = []
        for row in self.manifest["figures"]:
            start, end = row["window"]
            low, high = row["interval"] or (None, None)
            reported = row["reported"] if isinstance(row["reported"], int | float) else None
            rows.append({**row, "start": start, "end": end, "reported": reported, "low": low, "high": high})
        frame = pd.DataFrame(rows, columns=["name", "start", "end", "role", *numbers, "within"])
        for column in ("start", "end"):
            frame[column] = pd.to_datetime(frame[column])
        for column in numbers:
            frame[column] = frame[column].astype("Float64")
        frame["within"] = frame["within"].astype("boolean")
        return frame

    def figure(
        self,
        name: str,
        start: Day | None = None,
        end: Day | None = None,
        base: tuple[Day, Day] | None = None,
        province: str | int | None = None,
    ) -> int | float | None:
        """Return a quantity over any window of the period, summed from the stored tables and scaled up to the country.

        Raises ValueError for unknown names and for windows that are not inside the period.

        Args:
            name: Its name, or ``NAME_change`` for its relative change.
            start: The first day, by default that of the period; a month or year stands for its first day.
            end: The last day, by default that of the period; a month or year stands for its last day.
            base: First and last day of the earlier window of a change.
            province: The name or code of a province; the whole country if None.

        Returns:
            A count; money of names in ``_money`` and of ``losses``, cents of names in ``_cents``; a fraction for a
            change, None where its base is zero.
        """
        first, last = period(self._scope)
        window = (first if start is None else _days(start)[0], last if end is None else _days(end)[1])
        earlier = None if base is None else (_days(base[0])[0], _days(base[1])[1])
        question = ask(name, window, earlier, self._scope)
        if province is not None:
            question = of_province(question, self._code(province), self._scope)
        return question.answer(self._of(province))

    def series(self, name: str, province: str | int | None = None) -> "pd.Series[Any]":
        """Return a quantity by day of the period, in the units of ``figure``; raises ValueError for unknown names."""
        import pandas as pd

        demand_name(name, self._scope)
        if province is not None:
            of_province(Asked(name, period(self._scope)), self._code(province), self._scope)
        terms = self._of(province).figure(name)
        if terms is None:
            raise AskedError(f"{name}: a change has two windows and no series; {name.removesuffix(CHANGE)}")
        one = unit(name, self._scope.scale)
        # Counts below 2**53: a product and a quotient of exact doubles, rounded once each.
        shares = [(one * weight, counts) for weight, counts in terms]
        parts = [
            counts if share == 1 else counts * float(share.numerator) / float(share.denominator)
            for share, counts in shares
        ]
        values = sum(parts[1:], start=parts[0])
        days = pd.date_range(period(self._scope)[0], periods=len(values), name="day")
        return pd.Series(values, index=days, name=name, copy=True)

    def to_frame(self, quantities: str | Sequence[str], by: str | Sequence[str] = ()) -> "pd.DataFrame":
        """Return quantities as a tidy table, scaled up to the country, in the units of ``figure``.

        Unknown quantities and columns raise AskedError, a ValueError.

        Args:
            quantities: A name of ``figure``, such as ``victims``, or several.
            by: Columns to split by: ``day``, ``month`` (its first day), ``province`` (by name), and the groups that the
                tables count, such as ``fraud_type``, ``age_band`` and ``sex`` of people or ``tier`` of alerts.

        Returns:
            A row for each combination that occurs, sorted; the columns of ``by``, then one for each quantity. A single
            row without ``by``.
        """
        from sim.reading.run import frame

        names, columns = ([one] if isinstance(one, str) else one for one in (quantities, by))
        with reading(self.path):
            return frame(self.path, self._scope, self.series, names, columns)

    def asked(self, text: str, province: str | int | None = None) -> Asked:
        """Read a request as ``tocsin figures`` takes it, for the country or a province; raises ValueError."""
        found = read(text, self._scope)
        return found if province is None else of_province(found, self._code(province), self._scope)

    def answers(self, questions: list[Asked]) -> list[dict[str, object]]:
        """Return name, window, base, simulated value and province of each request."""
        return [question.row(self._of(question.province)) for question in questions]

    def _code(self, province: str | int) -> int:
        """Return the code of a province by its name or code; raises ProvinceError for others."""
        return code_of(province, dict(zip(self._scope.provinces, self._scope.province_names, strict=True)))

    def _of(self, province: str | int | None) -> Quantities:
        """Return the sums of a province, or of the whole country."""
        if province is None:
            return self._quantities
        code = self._code(province)
        if code not in self._by_province:
            with reading(self.path):
                self._by_province[code] = Quantities.read(self.path, self._scope, code)
        return self._by_province[code]

    @cached_property
    def _by_province(self) -> dict[int, Quantities]:
        return {}

    @cached_property
    def _scope(self) -> Scope:
        return Scope.of(self.scenario)

    @cached_property
    def _quantities(self) -> Quantities:
        with reading(self.path):
            return Quantities.read(self.path, self._scope)

    @cached_property
    def evidence(self) -> "pd.DataFrame":
        """Internal diagnostics, a row each: name, start, end, simulated, value, low, high, within, basis, month.

        Evidence by month has the values of its worst ``month``; ``evidence_by_month`` has all months.
        """
        import pandas as pd

        columns = ["name", "start", "end", "simulated", "value", "low", "high", "within", "basis", "month"]
        rows = [{**row, "start": row["window"][0], "end": row["window"][1]} for row in self.manifest["evidence"]]
        frame = pd.DataFrame(rows, columns=columns)
        for column in ("start", "end"):
            frame[column] = pd.to_datetime(frame[column])
        for column in ("simulated", "value", "low", "high"):
            frame[column] = frame[column].astype("Float64")
        frame["within"] = frame["within"].astype("boolean")
        return frame

    @cached_property
    def evidence_by_month(self) -> "pd.DataFrame":
        """One row a month of evidence by month: name, month, simulated, low, high, within."""
        import pandas as pd

        rows = [{**row, **month} for row in self.manifest["evidence"] for month in row.get("months", [])]
        frame = pd.DataFrame(rows, columns=["name", "month", "simulated", "low", "high", "within"])
        for column in ("simulated", "low", "high"):
            frame[column] = frame[column].astype("Float64")
        frame["within"] = frame["within"].astype("boolean")
        return frame

    @property
    def found(self) -> list[dict[str, Any]]:
        """The findings of ``run.json`` and those about stored answers, in the language that is spoken."""
        from sim.reading.findings import outside_draws

        language = spoken()
        if language not in self._found:
            stored = self.manifest.get("findings")
            found = stored if stored is not None and language == ENGLISH else self._found_again()
            self._found[language] = [*found, *outside_draws(self.scenario, self.manifest["totals"])]
        return self._found[language]

    def _found_again(self) -> list[dict[str, Any]]:
        """Compute the findings of a run that has none stored, or in a language other than the stored one."""
        from sim.reading.findings import findings

        with reading(self.path):
            return findings(self.path, self._scope, self.manifest["figures"], self.manifest["evidence"])

    @cached_property
    def findings(self) -> "pd.DataFrame":
        """One row a finding, with its first and last day; columns are the keys of ``findings`` in ``run.json``."""
        import pandas as pd

        columns = [*("kind", "subject", "start", "end", "month", "value", "limit", "provinces", "thinned", "sentence")]
        with speaking(ENGLISH):
            found = self.found
        rows = [{**row, "start": row["window"][0], "end": row["window"][1]} for row in found]
        frame = pd.DataFrame(rows, columns=[*columns, "suggestion"])
        for column in ("start", "end"):
            frame[column] = pd.to_datetime(frame[column])
        frame["value"] = frame["value"].astype("Float64")
        frame["thinned"] = frame["thinned"].astype("boolean")
        return frame

    @cached_property
    def chance(self) -> dict[str, list[float]]:
        """95 % intervals of run-to-run noise of the totals and shares of the answer; computed now for older runs."""
        stored: dict[str, list[float]] | None = self.manifest.get("chance")
        if stored is not None:
            return stored
        with reading(self.path):
            return chance(self.path, self._scope)

    @cached_property
    def totals(self) -> "pd.Series[Any]":
        """The totals, flat: the parts of ``attempts_by_fate`` become ``attempts_by_fate.engaged`` and so on."""
        import pandas as pd

        return pd.Series(flat(self.manifest["totals"]), name=self.manifest["name"], dtype=object)

    @cached_property
    def tables(self) -> Tables:
        """The stored tables by name, with categories for words, units in ``attrs``, ``to_csv`` and ``to_xlsx``."""
        names = [name for name, table in TABLES.items() if not table.is_log or self.has_events]
        return Tables(names, lambda name: getattr(self, name), self._scope)

    @cached_property
    def attempts(self) -> "pd.DataFrame":
        """Potential attempts by their fate."""
        return self._table("attempts")

    @cached_property
    def alerts(self) -> "pd.DataFrame":
        """Alerts by day of issue, truth and end."""
        return self._table("alerts")

    @cached_property
    def contacts(self) -> "pd.DataFrame":
        """Contacts by channel and result, with staff time in ms."""
        return self._table("contacts")

    @cached_property
    def waits(self) -> "pd.DataFrame":
        """Waits by month, in bins with upper edges in ms."""
        return self._table("waits")

    @cached_property
    def first_contacts(self) -> "pd.DataFrame":
        """Alerts by month and time from detection to their first call or visit, in bins with upper edges in ms."""
        return self._table("first_contacts")

    @cached_property
    def hours(self) -> "pd.DataFrame":
        """Busy and staffed ms of desks by month, weekday and half hour."""
        return self._table("hours")

    @cached_property
    def outcomes(self) -> "pd.DataFrame":
        """Episodes and their outcomes, by groups of people."""
        return self._table("outcomes")

    @cached_property
    def cases(self) -> "pd.DataFrame":
        """Cases filed by month, in bins of report delay and loss with upper edges in ms and cents."""
        return self._table("cases")

    @cached_property
    def filings(self) -> "pd.DataFrame":
        """Cases filed by day, by channel or class of their first contact."""
        return self._table("filings")

    @cached_property
    def flows(self) -> "pd.DataFrame":
        """Counts of midnights by quantity; the province is null for the nation."""
        return self._table("flows")

    @cached_property
    def state(self) -> "pd.DataFrame":
        """Levels of the macro state by quantity; the province is null for the nation."""
        return self._table("state")

    @property
    def has_events(self) -> bool:
        """Whether events were recorded."""
        return TABLES["events"].file in self.manifest["files"]

    @cached_property
    def events(self) -> "pd.DataFrame":
        """Events in order of time, phase and identity; raises FileNotFoundError if none were recorded."""
        if not self.has_events:
            raise FileNotFoundError(f"{self.path}: this run recorded no events; run it with events='all'")
        return self._table("events")

    def _table(self, name: str) -> "pd.DataFrame":
        import pandas as pd
        import pyarrow as pa
        import pyarrow.parquet as pq

        schema = TABLES[name]
        with reading(self.path / schema.file):
            stored = pq.read_table(self.path / schema.file, columns=[column.name for column in schema.columns])
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
        found = pd.DataFrame(frame)
        found.attrs = {"scale": self.manifest["scale"], "unit": AS_SIMULATED}
        return found


def _days(day: Day) -> tuple[date, date]:
    """Return the first and last day of a day, month or year."""
    if not isinstance(day, date):
        return span(str(day))
    plain = date(day.year, day.month, day.day)  # not a moment of it, as pandas has days
    return plain, plain
