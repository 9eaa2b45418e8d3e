"""A finished run, read from its folder: tables as DataFrames, each loaded at its first use, and what experiments keep.

Workers import the functions that return results for experiments, plain values, by name.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from sim.base.words import DESK_LABELS, End, Tier
from sim.language import ENGLISH, speaking, spoken
from sim.reading import figures as reading_figures
from sim.reading.evidence import Inside, quantity
from sim.reading.findings import findings, outside_draws
from sim.reading.quantities import (
    BY_DAY,
    COST,
    COST_HIGH,
    COST_LOW,
    COST_RATIO,
    FIGURES,
    LATE,
    PROVINCE,
    SETTLED,
    Quantities,
)
from sim.scenario.errors import choices, found, nearest
from sim.scenario.provinces import code_of
from sim.scenario.resolved import named_by
from sim.store.columns import Scope
from sim.store.exported import Tables, sums
from sim.store.folder import RUN_JSON, SCENARIO_YAML, DamagedError, demand_hashes, read_manifest, reading
from sim.store.tables import COUNTED, TABLES

if TYPE_CHECKING:
    import pandas as pd

    from sim.scenario import Scenario

_Daily = Callable[[str, int | None], "pd.Series[Any]"]
DAY, MONTH, FLOW = "day", "month", "quantity"
ANYWHERE = (DAY, MONTH, PROVINCE)
"""Columns by which every quantity can be split that is counted in provinces."""


def _columns(name: str, scope: Scope) -> list[str]:
    """Return the columns by which a quantity can be split."""
    if name not in FIGURES or (scope.settlement is not None and name in {**LATE, **SETTLED}):
        return [*ANYWHERE]  # what is settled late is known by day and province only
    keys = TABLES[FIGURES[name][0]].keys
    return [*ANYWHERE, *(column.name for column in keys if column.kind == "label" and column.name != FLOW)]


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
    one = reading_figures.unit(name, scope.scale)
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


def _stored(name: str) -> "cached_property[pd.DataFrame]":
    """Return the property of a run that is its stored table of this name."""

    def table(run: "Run") -> "pd.DataFrame":
        return run._table(name)

    table.__doc__ = TABLES[name].meaning
    return cached_property(table)


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
        self._by_place: dict[int | None, Quantities] = {}
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
        rows = []
        for row in self.manifest["figures"]:
            low, high = row["interval"] or (None, None)
            reported = row["reported"] if isinstance(row["reported"], int | float) else None
            rows.append({**row, "reported": reported, "low": low, "high": high})
        numbers = ["reported", "simulated", "ratio", "tolerance", "standard_error", "low", "high"]
        return _framed(rows, ["name", "start", "end", "role", *numbers, "within"])

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
        first, last = reading_figures.period(self._scope)
        window = (first if start is None else _days(start)[0], last if end is None else _days(end)[1])
        earlier = None if base is None else (_days(base[0])[0], _days(base[1])[1])
        return reading_figures.ask(name, window, earlier, self._scope, self._code(province)).answer(self._of(province))

    def series(self, name: str, province: str | int | None = None) -> "pd.Series[Any]":
        """Return a quantity by day of the period, in the units of ``figure``; raises ValueError for unknown names."""
        import pandas as pd

        reading_figures.demand_name(name, self._scope)
        if name.endswith(reading_figures.CHANGE):
            raise reading_figures.AskedError(
                f"{name}: a change has two windows and no series; {name.removesuffix(reading_figures.CHANGE)}"
            )
        reading_figures.ask(name, reading_figures.period(self._scope), None, self._scope, self._code(province))
        terms = self._of(province).figure(name) or ()
        one = reading_figures.unit(name, self._scope.scale)
        # Counts below 2**53: a product and a quotient of exact doubles, rounded once each.
        shares = [(one * weight, counts) for weight, counts in terms]
        parts = [
            counts if share == 1 else counts * float(share.numerator) / float(share.denominator)
            for share, counts in shares
        ]
        values = sum(parts[1:], start=parts[0])
        days = pd.date_range(reading_figures.period(self._scope)[0], periods=len(values), name="day")
        return pd.Series(values, index=days, name=name, copy=True)

    def to_frame(self, quantities: str | Sequence[str], by: str | Sequence[str] = ()) -> "pd.DataFrame":
        """Return quantities as a tidy table, scaled up to the country, in the units of ``figure``.

        Args:
            quantities: A name of ``figure``, such as ``victims``, or several.
            by: Columns to split by: ``day``, ``month`` (its first day), ``province`` (by name), and the groups that the
                tables count, such as ``fraud_type``, ``age_band`` and ``sex`` of people or ``tier`` of alerts.

        Returns:
            A row for each combination that occurs, sorted; the columns of ``by``, then one for each quantity. A single
            row without ``by``.

        Raises:
            AskedError: A ValueError, for unknown quantities and columns.
        """
        import pandas as pd

        names, columns = (list(dict.fromkeys([one] if isinstance(one, str) else one)) for one in (quantities, by))
        parts = []
        with reading(self.path):
            for name in names:
                reading_figures.demand_name(name, self._scope)
                allowed = _columns(name, self._scope)
                for column in columns:
                    if column not in allowed:
                        raise reading_figures.AskedError(
                            f"{name}: cannot be split by {found(column)}; {choices(column, allowed)}"
                        )
                if set(columns) <= {*ANYWHERE}:
                    parts.append(_of_days(self.series, name, columns, self._scope))
                else:
                    parts.append(_of_groups(self.path, name, columns, self._scope))
        if not columns:
            return pd.concat([part.to_frame(part.name).reset_index(drop=True) for part in parts], axis=1)
        return pd.concat(parts, axis=1).sort_index().reset_index()

    def asked(self, text: str, province: str | int | None = None) -> reading_figures.Asked:
        """Read a request as ``tocsin figures`` takes it, for the country or a province; raises ValueError."""
        return reading_figures.read(text, self._scope, self._code(province))

    def answers(self, questions: list[reading_figures.Asked]) -> list[dict[str, object]]:
        """Return name, window, base, simulated value and province of each request."""
        return [question.row(self._of(question.province)) for question in questions]

    def _code(self, province: str | int | None) -> int | None:
        """Return the code of a province by its name or code, None for the country; raises ProvinceError for others."""
        if province is None:
            return None
        return code_of(province, dict(zip(self._scope.provinces, self._scope.province_names, strict=True)))

    def _of(self, province: str | int | None) -> Quantities:
        """Return the sums of a province, or of the whole country."""
        code = self._code(province)
        if code not in self._by_place:
            with reading(self.path):
                self._by_place[code] = Quantities.read(self.path, self._scope, code)
        return self._by_place[code]

    @cached_property
    def _scope(self) -> Scope:
        return Scope.of(self.scenario)

    @cached_property
    def evidence(self) -> "pd.DataFrame":
        """Internal diagnostics, a row each: name, start, end, simulated, value, low, high, within, basis, month.

        Evidence by month has the values of its worst ``month``; ``evidence_by_month`` has all months.
        """
        columns = ["name", "start", "end", "simulated", "value", "low", "high", "within", "basis", "month"]
        return _framed(self.manifest["evidence"], columns)

    @cached_property
    def evidence_by_month(self) -> "pd.DataFrame":
        """One row a month of evidence by month: name, month, simulated, low, high, within."""
        rows = [{**row, **month} for row in self.manifest["evidence"] for month in row.get("months", [])]
        return _framed(rows, ["name", "month", "simulated", "low", "high", "within"])

    @property
    def found(self) -> list[dict[str, Any]]:
        """The findings of ``run.json`` and those about stored answers, in the language that is spoken."""
        language = spoken()
        if language not in self._found:
            rows = self.manifest["findings"]
            if language != ENGLISH:
                with reading(self.path):
                    rows = findings(self.path, self._scope, self.manifest["figures"], self.manifest["evidence"])
            self._found[language] = [*rows, *outside_draws(self.scenario, self.manifest["totals"])]
        return self._found[language]

    @cached_property
    def findings(self) -> "pd.DataFrame":
        """One row a finding, with its first and last day; columns are the keys of ``findings`` in ``run.json``."""
        columns = ["kind", "subject", "start", "end", "month", "value", "limit", "provinces", "thinned", "sentence"]
        with speaking(ENGLISH):
            return _framed(self.found, [*columns, "suggestion"])

    @property
    def chance(self) -> dict[str, list[float]]:
        """95 % intervals of run-to-run noise of the totals and shares of the answer."""
        found: dict[str, list[float]] = self.manifest["chance"]
        return found

    @cached_property
    def totals(self) -> "pd.Series[Any]":
        """The totals, flat: the parts of ``attempts_by_fate`` become ``attempts_by_fate.engaged`` and so on."""
        import pandas as pd

        return pd.Series(reading_figures.flat(self.manifest["totals"]), name=self.manifest["name"], dtype=object)

    @cached_property
    def tables(self) -> Tables:
        """The stored tables by name, with categories for words, units in ``attrs``, ``to_csv`` and ``to_xlsx``."""
        names = [name for name, table in TABLES.items() if not table.is_log or self.has_events]
        return Tables(names, lambda name: getattr(self, name), self._scope)

    attempts = _stored("attempts")
    """Potential attempts by their fate."""
    alerts = _stored("alerts")
    """Alerts by day of issue, truth and end."""
    contacts = _stored("contacts")
    """Contacts by channel and result, with staff time in ms."""
    waits = _stored("waits")
    """Waits by month, in bins with upper edges in ms."""
    first_contacts = _stored("first_contacts")
    """Alerts by month and time from detection to their first call or visit, in bins with upper edges in ms."""
    hours = _stored("hours")
    """Busy and staffed ms of desks by month, weekday and half hour."""
    outcomes = _stored("outcomes")
    """Episodes and their outcomes, by groups of people."""
    cases = _stored("cases")
    """Cases filed by month, in bins of report delay and loss with upper edges in ms and cents."""
    filings = _stored("filings")
    """Cases filed by day, by channel or class of their first contact."""
    flows = _stored("flows")
    """Counts of midnights by quantity; the province is null for the nation."""
    state = _stored("state")
    """Levels of the macro state by quantity; the province is null for the nation."""

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


NUMBERS = ("reported", "simulated", "ratio", "tolerance", "standard_error", "low", "high", "value")
"""Columns of numbers that may be missing, of figures, evidence and findings."""


def _framed(rows: Sequence[dict[str, Any]], columns: list[str]) -> "pd.DataFrame":
    """Return rows of ``run.json`` as a table, their windows as ``start`` and ``end``."""
    import pandas as pd

    windows = [dict(zip(("start", "end"), row["window"], strict=True)) for row in rows]
    found = pd.DataFrame([{**row, **window} for row, window in zip(rows, windows, strict=True)], columns=columns)
    for column in columns:
        if column in ("start", "end"):
            found[column] = pd.to_datetime(found[column])
        elif column in NUMBERS:
            found[column] = found[column].astype("Float64")
        elif column in ("within", "thinned"):
            found[column] = found[column].astype("boolean")
    return found


def _days(day: Day) -> tuple[date, date]:
    """Return the first and last day of a day, month or year."""
    if not isinstance(day, date):
        return reading_figures.span(str(day))
    plain = date(day.year, day.month, day.day)  # not a moment of it, as pandas has days
    return plain, plain


Outcome = dict[str, Any]

FAILURES = (End.UNREAD.label, End.UNANSWERED.label, End.EXPIRED.label)
"""Ends of alerts that failed to reach anyone."""


def figures_evidence_and_quantities(run: "Run") -> Outcome:
    """Return ``quantities``, and ``figures`` and ``evidence`` in the scenario's order, with null for missing values.

    Where the run has any, ``derived`` has its ``derived_values``.
    """
    manifest = run.manifest
    derived = derived_values(run)
    return {
        "figures": [figure["simulated"] for figure in manifest["figures"]],
        "evidence": [row["simulated"] for row in manifest.get("evidence", [])],
        "quantities": quantities(run),
        **({"derived": derived} if derived else {}),
    }


def derived_values(run: "Run") -> Outcome:
    """Return what a run has found in place of values that its scenario does not state, by dotted key.

    These are ``fraud.retry.CHANNEL.usual`` and ``gangs.answer.usual.CHANNEL.TYPE``. A scenario that states them has the
    same results to the bit. It is empty where all are stated.
    """
    found: Outcome = run.manifest.get("derived", {})
    return found


def quantities(run: "Run") -> Outcome:
    """Return the quantities that are compared: flat totals, and each figure with a value, ``NAME@START..END``.

    Ratios of totals are left out, since their differences mean little and they have no value if nothing was saved.
    """
    found = {
        name: amount
        for name, amount in _compared(reading_figures.flat(run.manifest["totals"])).items()
        if amount is not None
    }
    for row in run.manifest["figures"]:
        if row["simulated"] is not None:
            found[_name(row["name"], row["window"])] = row["simulated"]
    return found


class _Waits(Inside):
    """The sums that ``quantities_and_waits`` needs in addition to totals and figures."""

    tables: ClassVar = {name: Inside.tables[name] for name in ("alerts", "first_contacts")}
    views: ClassVar = {}
    only: ClassVar = {}


WAITS = tuple(f"{name}_{tier}" for name in ("expired", "first_contact") for tier in Tier.labels())
"""The names that ``quantities_and_waits`` adds to ``quantities``."""


def quantities_and_waits(run: "Run") -> Outcome:
    """Return ``quantities``, and the waits of each tier over the whole period.

    ``expired_TIER`` is the share of alerts whose deadline passed, ``first_contact_TIER`` the median minutes from
    detection to the first call or visit. Shares of nothing are left out.
    """
    waits = _Waits.read(run.path, Scope.of(run.scenario))
    found = {name: quantity(waits, name, None) for name in WAITS}
    return quantities(run) | {name: float(amount) for name, amount in found.items() if amount is not None}


def benefits_and_costs(run: "Run") -> Outcome:
    """Return the benefits and costs of the layers of a run, in the country.

    They are ``victims``; ``net_loss_money``, lost by all victims less what was recovered; ``false_alarms``, alerts
    about legitimate contacts; ``false_blocks``; ``staff_hours`` of calls and visits, together and each. If its scenario
    has prices, also each part of the costs at each end of prices, named as in ``run.totals``; withheld ones are left
    out.
    """
    totals = run.manifest["totals"]
    costs = {
        name: amount
        for name, amount in reading_figures.flat(totals).items()
        if name.startswith((f"{COST}.", f"{COST_LOW}.", f"{COST_HIGH}.")) and amount is not None
    }
    return {
        "victims": totals["victims"],
        "net_loss_money": totals["loss_money"] - totals["recovered_money"],
        "false_alarms": totals["alerts_by_truth"]["legitimate"],
        "false_blocks": totals["false_blocks"],
        "staff_hours": totals["staff_hours_call"] + totals["staff_hours_visit"],
        **{f"staff_hours_{desk}": totals[f"staff_hours_{desk}"] for desk in DESK_LABELS},
        **costs,
    }


def service(run: "Run", desk: str, tier: str, tiers: Sequence[str], days: int) -> Outcome:
    """Return the ends of the alerts of a tier and the utilisation of a desk.

    Args:
        run: A finished run.
        desk: The label of a channel that needs staff.
        tier: The label of the tier.
        tiers: Tiers whose busiest day is found.
        days: How many days of the period count as days of issue.

    Returns:
        ``provinces``, as simulated, by code as a text. Of the alerts of ``tier`` issued in the first ``days`` days:
        ``alerts``, all of them; ``reached``; ``failed``, those that ended unread, unanswered or expired. The rest were
        superseded, became moot or are open, which no desk could help. ``peak``: the most alerts of ``tiers`` issued on
        one day of the period. ``busy_ms`` and ``staffed_ms`` of the desk, over the period. In addition, of the country:
        ``victims`` and ``prevented_money``.
    """
    last = run.scenario.spec.period.start + timedelta(days=days - 1)
    counts: dict[str, Counter[int]] = {name: Counter() for name in ("alerts", "reached", "failed", "peak")}
    for row in sums(run.path, "alerts", ["day", "province", "end"], ["count"], {"tier": [tier]}).to_pylist():
        if row["day"] <= last:
            counts["alerts"][row["province"]] += row["count"]
            if row["end"] == End.REACHED.label:
                counts["reached"][row["province"]] += row["count"]
            elif row["end"] in FAILURES:
                counts["failed"][row["province"]] += row["count"]
    for row in sums(run.path, "alerts", ["day", "province"], ["count"], {"tier": tiers}).to_pylist():
        counts["peak"][row["province"]] = max(counts["peak"][row["province"]], row["count"])
    times = ("busy_ms", "staffed_ms")
    rows = sums(run.path, "hours", ["province"], times, {"channel": [desk]}).to_pylist()
    counts |= {name: Counter({row["province"]: row[name] for row in rows}) for name in times}
    return {
        "provinces": {
            str(row.code): {name: count[row.code] for name, count in counts.items()}
            for row in run.scenario.spec.population.provinces
        },
        "victims": run.manifest["totals"]["victims"],
        "prevented_money": run.manifest["totals"]["prevented_money"],
    }


OF_SUMS = frozenset(
    {figures_evidence_and_quantities, derived_values, quantities, quantities_and_waits, benefits_and_costs, service}
)
"""Functions that need ``run.json`` and sums of tables only, so that a run need not write its tables for them."""


def quantity_names(scenario: "Scenario") -> list[str]:
    """Return the names of the ``quantities`` of a run of a scenario, without running it."""
    scope = Scope.of(scenario)
    nothing = Quantities(scope, {})
    found = list(_compared(reading_figures.flat(reading_figures.totals(nothing))))
    for target in scope.targets:
        # A change has no value if nothing is counted, but the quantity has one in both windows.
        change = target.name.endswith(reading_figures.CHANGE)
        windows = [target.window, *([target.base] if change else [])]
        name = target.name.removesuffix(reading_figures.CHANGE)
        if all(window is not None and reading_figures.amount(nothing, name, window) is not None for window in windows):
            found.append(_name(target.name, reading_figures.iso(target.window)))
    return found


def _compared(totals: Outcome) -> Outcome:
    """Return flat totals without ratios."""
    return {name: amount for name, amount in totals.items() if not name.startswith(COST_RATIO)}


def _name(figure: str, window: Sequence[str | None]) -> str:
    return f"{figure}@{window[0]}..{window[1] or ''}"
