"""What a stored table is: its columns with types, units, labels and bins, and the scope of the run that it belongs to.

The scope of a run: everything that its results need of the scenario.

Declare stored tables: columns with types, units, labels and bins, and what follows from them.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

from sim.base.days import DAY_MS, Bins, day_number
from sim.scenario.bounds import read_rate
from sim.scenario.merging import is_full_form
from sim.scenario.resolved import plain
from sim.scenario.schema.measures import Spread

if TYPE_CHECKING:
    import pyarrow as pa

    from sim.scenario import Scenario
    from sim.scenario.schema.base import Distribution
    from sim.scenario.schema.layers import Settlement
    from sim.scenario.schema.measures import Measure
    from sim.scenario.schema.population import Evidence, Figure

MEASURES = "measures"
"""Name of the price of all measures that ``costs.measures`` names."""

OF_TRANSFERS = ("transfer.", "payment_call")
"""Beginnings of the names of prices of legitimate transfers."""

Role = Literal["input", "fitted", "predicted", "context"]
Window = tuple[date, date | None]
"""First and last day, both included."""


@dataclass(frozen=True)
class Target:
    """A reported figure that a run is compared with.

    ``window`` holds both of its days; a figure of one date has no second. ``base`` is the earlier window of a change.
    ``tolerance`` is relative, but absolute for a change. ``standard_error`` is the spread of single runs of the whole
    country, ``sampling_error`` the part of it that grows in sampled runs (all of it if None), ``interval`` the
    predicted interval, all in the figure's unit.
    """

    name: str
    window: Window
    value: float | int | str | None
    role: Role
    base: Window | None = None
    tolerance: float | None = None
    standard_error: float | None = None
    interval: tuple[float, float] | None = None
    sampling_error: float | None = None


@dataclass(frozen=True)
class Known:
    """Evidence on a quantity inside the model: a range, perhaps a value in it, and its source.

    ``window`` holds both of its days; None means the whole period, and an end of None the rest of it. ``by_month``
    says that each month is in the range on its own, ``claimed`` that nobody knows what was counted. ``count`` people or
    cases were counted for the value, with a ``spread`` between places and years.
    """

    name: str
    window: tuple[date, date | None] | None
    value: float | int | None
    low: float | int
    high: float | int
    basis: str
    by_month: bool = False
    claimed: bool = False
    count: int | None = None
    spread: float = 0.0


@dataclass(frozen=True)
class Price:
    """A unit cost in money, by its key below ``costs``, with its range, which always includes the value."""

    name: str
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Dated:
    """A measure by its name, with its window.

    ``spread`` if its counts are spread over all days of the window. ``about`` is the target, channel, detector or
    region that its ``kind`` acts on, empty if there is only one. ``lasting`` unless it happens once, like an outage or
    a repatriation.
    """

    name: str
    window: Window
    spread: bool = False
    kind: str = ""
    about: str = ""
    lasting: bool = True

    @classmethod
    def of(cls, name: str, measure: "Measure") -> "Dated":
        """Return the dated part of a measure."""
        row = measure.row
        about = "" if not row.about else getattr(measure, row.about)
        return cls(name, measure.window, isinstance(measure, Spread), measure.kind, str(about or ""), row.lasting)


@dataclass(frozen=True)
class DenSlots:
    """The slots of dens: their number, the s.d. of the logarithm of their weights, and the renewal of crews.

    ``recruiting`` is the growth rate per day, ``opens_with`` the share of a full crew when a raided den reopens; 0 and
    1 without gangs.
    """

    slots: int
    weight_sigma: float
    recruiting: float = 0.0
    opens_with: float = 1.0

    @classmethod
    def of(cls, scenario: "Scenario") -> "DenSlots | None":
        """Return the slots of dens; None with ``gangs.pools``, where chance does not decide which are raided."""
        dens, gangs = scenario.spec.dens, scenario.spec.gangs
        if gangs is None:
            return cls(dens.slots, dens.weight_sigma)
        if gangs.recruiting is None or gangs.reopens_with is None:
            return None
        return cls(dens.slots, dens.weight_sigma, gangs.recruiting, gangs.reopens_with)


@dataclass(frozen=True)
class Scope:
    """Period, scale, labels, targets and evidence of a run.

    ``first_day`` and ``last_day`` are day numbers, both inside the period. ``provinces`` holds two-digit codes in table
    order; ``fraud_types``, ``age_bands`` and ``contacts``, the channels and their classes, are in the scenario's order.
    ``sha256`` is that of the resolved scenario without engine, workers and record. ``internet_users`` are those of the
    country. ``policy_of`` is the name
    of the scenario that this one changes as a policy. ``frozen_factor`` is the money stopped for each unit returned;
    ``settlement`` says what is counted later, ``roles`` whether suspects are counted by role, ``accounts`` whether
    accounts of mules are. ``gangs_as_on`` is the day number for which the start of gangs is stated. ``dens`` are
    missing only if there is no evidence on them. ``services`` are the durations of calls and visits.
    """

    name: str
    seed: int
    engine: str
    scale: float
    first_day: int
    last_day: int
    warmup_days: int
    provinces: tuple[int, ...]
    fraud_types: tuple[str, ...]
    age_bands: tuple[str, ...]
    contacts: tuple[str, ...]
    sha256: str
    targets: tuple[Target, ...] = ()
    evidence: tuple[Known, ...] = ()
    internet_users: int = 0
    prices: tuple[Price, ...] = ()
    province_names: tuple[str, ...] = ()
    policy_of: str | None = None
    measures: tuple[Dated, ...] = ()
    frozen_factor: float | None = None
    settlement: "Settlement | None" = None
    roles: bool = False
    accounts: bool = False
    gangs_as_on: int | None = None
    dens: DenSlots | None = None
    services: "tuple[Distribution, ...]" = ()

    @classmethod
    def of(cls, scenario: "Scenario") -> "Scope":
        """Return the scope of a run of this scenario."""
        spec = scenario.spec
        return cls(
            name=spec.name,
            seed=spec.seed,
            engine=spec.engine,
            scale=spec.scale,
            first_day=day_number(spec.period.start),
            last_day=day_number(spec.period.end),
            warmup_days=spec.period.warmup // DAY_MS,
            provinces=tuple(row.code for row in spec.population.provinces),
            fraud_types=tuple(spec.fraud.types),
            age_bands=tuple(spec.population.band_names()),
            contacts=tuple(".".join(filter(None, (code.label, name))) for code, name, _ in spec.fraud.contacts()),
            sha256=scenario.sha256,
            targets=tuple(_target(row) for row in spec.figures),
            evidence=tuple(map(_known, spec.evidence)),
            internet_users=spec.population.internet_users(),
            prices=prices_of(scenario),
            province_names=tuple(row.name for row in spec.population.provinces),
            policy_of=spec.policy_of,
            measures=tuple(Dated.of(name, measure) for name, measure in spec.measures.items()),
            frozen_factor=spec.aftermath.stop_payment.frozen_factor,
            settlement=spec.aftermath.settlement,
            roles=spec.aftermath.suspects.roles is not None,
            accounts=spec.accounts is not None,
            gangs_as_on=None if spec.gangs is None else day_number(spec.gangs.since or spec.fraud.reference),
            dens=DenSlots.of(scenario),
            services=(
                *(spec.desks.call.no_answer, spec.desks.call.short, spec.desks.call.hard),
                *(spec.desks.visit.not_met, spec.desks.visit.visit),
            ),
        )

    @property
    def days(self) -> int:
        """The number of days of the period."""
        return self.last_day - self.first_day + 1


def prices_of(scenario: "Scenario") -> tuple[Price, ...]:
    """Return all prices of a scenario; empty without ``costs``.

    Those of legitimate transfers are left out if the scenario does not say how many there are. The last one is
    ``measures``: what the measures in ``costs.measures`` cost in the period, which is missing if none has.
    """
    resolved = scenario.resolved["costs"] or {}
    own = resolved.get("measures") or {}
    counted = scenario.spec.population.transfers is not None
    unit_costs = tuple(
        price
        for price in _prices({key: value for key, value in resolved.items() if key != "measures"})
        if counted or not price.name.startswith(OF_TRANSFERS)
    )
    return unit_costs + _spent(scenario, tuple(_prices(own)))


def _spent(scenario: "Scenario", by_day: tuple[Price, ...]) -> tuple[Price, ...]:
    """Return the money that measures cost in the period as one price; ``by_day`` are costs of a day, by measure."""
    period = scenario.spec.period
    known = [(one, scenario.spec.measures[one.name]) for one in by_day if one.name in scenario.spec.measures]
    if not known:
        return ()
    days = [
        max(0, (min(measure.window[1] or period.end, period.end) - max(measure.window[0], period.start)).days + 1)
        for _, measure in known
    ]
    ends = (
        math.fsum(getattr(one, end) * many for (one, _), many in zip(known, days, strict=True))
        for end in ("value", "low", "high")
    )
    return (Price(MEASURES, *ends),)


def _prices(resolved: Any, path: str = "") -> Iterator[Price]:
    """Yield each price below a part of the resolved ``costs``, by dotted key."""
    for key, below in (resolved or {}).items():
        name = f"{path}.{key}".lstrip(".")
        value = plain(below)
        if isinstance(value, dict):
            yield from _prices(below, name)
            continue
        written = [value, *below.get("range", ())] if is_full_form(below) else [value]
        # Text, which has a unit of time, is the money of a day.
        ends = [read_rate(end) if isinstance(end, str) else end for end in written]
        yield Price(name, ends[0], min(ends), max(ends))


def _target(row: "Figure") -> Target:
    interval = None if row.interval is None else (row.interval[0], row.interval[1])
    value = None if row.value is None else _plain(row.value)
    errors = row.standard_error, interval, row.sampling_error
    return Target(row.name, row.window, value, row.role, row.base, row.tolerance, *errors)


def _known(row: "Evidence") -> Known:
    value = None if row.value is None else _number(row.value)
    low, high = (_number(end) for end in row.range)
    counted = row.by == "month", bool(row.claimed), row.count, row.spread or 0.0
    return Known(row.name, row.window, value, low, high, row.basis, *counted)


def _plain(value: float | date) -> float | int | str:
    """Return a reported value for JSON: whole numbers as integers, dates as text."""
    return value.isoformat() if isinstance(value, date) else _number(value)


def _number(value: float) -> float | int:
    """Return a number for JSON: an integer if it is whole."""
    return int(value) if value == int(value) else value


NULL = -1
"""The code of null in nullable columns, for example of the province of a national count."""

Kind = Literal["day", "month", "weekday", "province", "label", "text", "bin", "integer", "real"]

STORED_AS: dict[Kind, str] = {
    "day": "date32",
    "month": "date32",
    "weekday": "int8",
    "province": "int16",
    "label": "string",
    "text": "string",
    "bin": "int64",
    "integer": "int64",
    "real": "double",
}
"""Arrow type of a column by its kind, unless the column has a narrower one."""


@dataclass(frozen=True)
class Column:
    """A column of a stored table: its codes in engines, its stored values and its meaning.

    Attributes:
        kind: What an engine hands over and what is stored for it. ``day``: a day number, stored as date. ``month``: a
            day number, stored as the first day of its month. ``weekday``: nothing, it is that of the day, Monday 1.
            ``province``: a position among the scenario's provinces, stored as two-digit code. ``label``: a position in
            ``labels``, stored as the label. ``text``: one of ``labels`` itself, or its place in the alphabet, stored as
            the label. ``bin``: a position in ``bins``, stored as upper edge. ``integer`` and ``real``: themselves.
        meaning: Its meaning, for readers of the file.
        key: Whether it is part of the key of rows.
        nullable: Whether it may be missing: code ``NULL``, or a bin without an upper edge.
        narrow: Its Arrow type where that is narrower than the kind's.
        labels: The labels in the order of their codes, or the attribute of the scope that holds them.
        codes: The codes that occur, where not all labels do, and those of integers that have a last one.
        repeats: Whether few values fill many rows, so that a dictionary pays.
    """

    name: str
    kind: Kind
    meaning: str
    unit: str = ""
    key: bool = True
    nullable: bool = False
    narrow: str = ""
    labels: tuple[str, ...] | str = ()
    codes: range | None = None
    bins: Bins | None = None
    repeats: bool = True

    @property
    def arrow(self) -> str:
        """The Arrow type that is stored, by its name."""
        return self.narrow or STORED_AS[self.kind]

    def names(self, scope: Scope) -> tuple[str, ...]:
        """Return the labels in the order of their codes."""
        if isinstance(self.labels, str):
            found: tuple[str, ...] = getattr(scope, self.labels)
            return found
        return self.labels

    def by_rank(self, scope: Scope) -> tuple[str, ...]:
        """Return the labels in the order of their rows: by code, texts alphabetically."""
        return tuple(sorted(self.labels)) if self.kind == "text" else self.names(scope)

    @property
    def first_code(self) -> int:
        """The first of the codes that occur."""
        return 0 if self.codes is None else self.codes.start

    def codes_of(self, sizes: Mapping[str, int]) -> range:
        """Return the consecutive codes that occur, for numbers of labels by list; TypeError without a last code."""
        if self.codes is not None:
            return self.codes
        if self.bins is not None:
            return range(len(self.bins))
        if self.kind not in ("label", "text"):
            raise TypeError(f"{self.name}: a column of kind {self.kind} has no last code")
        return range(sizes[self.labels] if isinstance(self.labels, str) else len(self.labels))


@dataclass(frozen=True)
class StoredTable:
    """A table of a run, in one Parquet file: sums by key, or the log of events.

    Rows of sums are unique by their keys and sorted by them, in the order of the columns, null first.

    Attributes:
        meaning: What a row is, for readers of the file.
        columns: All columns, keys first.
        late: How many months its days stay open after their month has ended. None: until the engine says that no
            alert of theirs is alive (an alert counts on its day of issue, a message that its alert leaves behind on
            its day of delivery, but both only when the alert has ended).
        sorted_by: The columns by which the log is sorted, before all others; empty for sums.
    """

    name: str
    meaning: str
    columns: tuple[Column, ...]
    late: int | None = 0
    sorted_by: tuple[str, ...] = ()

    @property
    def is_log(self) -> bool:
        """Whether rows are events, which may repeat and are stored only where a run records them."""
        return bool(self.sorted_by)

    @property
    def file(self) -> str:
        """The table's file name in a run's folder."""
        return f"{self.name}.parquet"

    @property
    def keys(self) -> tuple[Column, ...]:
        """The columns by which rows are unique and sorted."""
        return tuple(column for column in self.columns if column.key)

    @property
    def measures(self) -> tuple[Column, ...]:
        """The columns that are counted or measured."""
        return tuple(column for column in self.columns if not column.key)

    @property
    def order(self) -> tuple[str, ...]:
        """The names of the columns by which rows are sorted."""
        if self.is_log:
            return (*self.sorted_by, *(column.name for column in self.columns if column.name not in self.sorted_by))
        return tuple(column.name for column in self.keys)

    @property
    def time(self) -> Column:
        """The first column: the day, month or moment."""
        return self.columns[0]

    @property
    def by_month(self) -> bool:
        """Whether rows are of months, though they are counted by days."""
        return self.time.kind == "month"

    @property
    def counted_by(self) -> tuple[Column, ...]:
        """The keys that an engine counts by: a day, a province, and further keys."""
        return tuple(column for column in self.keys if column.kind != "weekday")

    @property
    def coded(self) -> tuple[Column, ...]:
        """The keys that an engine counts by in addition to day and province."""
        return self.counted_by[2:]

    @property
    def texts(self) -> tuple[str, ...]:
        """The names of the columns that are stored as text, of which there are few."""
        return tuple(column.name for column in self.columns if column.kind in ("label", "text"))

    def column(self, name: str) -> Column:
        """Return the column of this name; KeyError, with the existing names, if there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.name} has no column {name}; it has {', '.join(column.name for column in self.columns)}")

    def axis(self, name: str) -> int:
        """Return the axis of a coded key in an array of ``shape``."""
        return [column.name for column in self.coded].index(name)

    def shape(self, sizes: Mapping[str, int]) -> tuple[int, ...]:
        """Return the shape of an array with a cell for each combination of codes, without day and province."""
        return tuple(len(column.codes_of(sizes)) for column in self.coded)

    def arrow_schema(self, metadata: dict[str, str] | None = None) -> "pa.Schema":
        """Return the Arrow schema that is stored, with this metadata."""
        import pyarrow as pa

        fields = [
            pa.field(column.name, pa.type_for_alias(column.arrow), nullable=column.nullable) for column in self.columns
        ]
        return pa.schema(fields, metadata=metadata)
