"""The scope of a run: everything that its results need of the scenario."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

from sim.base.days import DAY_MS, day_number
from sim.scenario.parameters import is_full_form
from sim.scenario.resolved import plain
from sim.scenario.scalars import read_rate
from sim.scenario.schema.measure_forms import Spread

if TYPE_CHECKING:
    from sim.scenario import Scenario
    from sim.scenario.distributions import Distribution
    from sim.scenario.schema.aftermath import Settlement
    from sim.scenario.schema.figures import Figure
    from sim.scenario.schema.measures import Measure

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
            evidence=tuple(
                Known(
                    name=row.name,
                    window=row.window,
                    value=None if row.value is None else _number(row.value),
                    low=_number(row.range[0]),
                    high=_number(row.range[1]),
                    basis=row.basis,
                    by_month=row.by == "month",
                    claimed=bool(row.claimed),
                    count=row.count,
                    spread=row.spread or 0.0,
                )
                for row in spec.evidence
            ),
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
        ends = [_amount(end) for end in ([value, *below.get("range", ())] if is_full_form(below) else [value])]
        yield Price(name, ends[0], min(ends), max(ends))


def _amount(written: float | str) -> float:
    """Return a price as a number: of text, which has a unit of time, the money of a day."""
    return read_rate(written) if isinstance(written, str) else written


def _target(row: "Figure") -> Target:
    interval = None if row.interval is None else (row.interval[0], row.interval[1])
    value = None if row.value is None else _plain(row.value)
    errors = row.standard_error, interval, row.sampling_error
    return Target(row.name, row.window, value, row.role, row.base, row.tolerance, *errors)


def _plain(value: float | date) -> float | int | str:
    """Return a reported value for JSON: whole numbers as integers, dates as text."""
    return value.isoformat() if isinstance(value, date) else _number(value)


def _number(value: float) -> float | int:
    """Return a number for JSON: an integer if it is whole."""
    return int(value) if value == int(value) else value
