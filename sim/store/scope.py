"""The scope of a run: what its results need to know of the scenario, and nothing else of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

from sim.base.days import DAY_MS, day_number
from sim.scenario.parameters import is_full_form
from sim.scenario.resolved import plain
from sim.scenario.schema.measures import Spread
from sim.store.withheld import rounded_desks

if TYPE_CHECKING:
    from sim.scenario import Scenario
    from sim.scenario.distributions import Distribution
    from sim.scenario.schema.figures import Figure
    from sim.scenario.schema.measures import Measure

Role = Literal["input", "fitted", "predicted"]
Window = tuple[date, date | None]
"""First and last day, both included."""


@dataclass(frozen=True)
class Target:
    """A reported figure that a run is held against.

    ``window`` holds both of its days; its end is None for a figure of one date. ``base`` is the earlier
    window of a change. ``tolerance`` is relative, but absolute for a change. ``standard_error`` is the spread of
    single runs of the whole country, ``sampling_error`` what of it grows where people and attempts are thinned (all of
    it if None), ``interval`` what was predicted, all in the figure's unit.
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
    """What is known of a quantity inside the model: a range, perhaps a value in it, and where they are from.

    ``window`` holds both of its days; the whole period where it is None, the rest of it where its end is. ``by_month``
    says that each month of it is in the range by itself.
    """

    name: str
    window: tuple[date, date | None] | None
    value: float | int | None
    low: float | int
    high: float | int
    basis: str
    by_month: bool = False


@dataclass(frozen=True)
class Price:
    """What one of something costs, in money, by its key below ``costs``, with both ends of what is held possible.

    What was said without a range is known: both ends are the value. A value that somebody set outside of its range
    moves the nearer end.
    """

    name: str
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Dated:
    """A measure by its name, with its window.

    ``spread`` if its counts are spread over all days of the window. ``kind`` is its kind, and ``about`` what the kind
    is directed at: a target, a channel, a detector or a region, empty where the kind is about one thing only.
    ``lasting`` unless it is something that happens once and is over, an outage or a repatriation.
    """

    name: str
    window: Window
    spread: bool = False
    kind: str = ""
    about: str = ""
    lasting: bool = True

    @classmethod
    def of(cls, name: str, measure: "Measure") -> "Dated":
        """Return what of a measure depends on the calendar."""
        row = measure.row
        about = "" if not row.about else getattr(measure, row.about)
        return cls(name, measure.window, isinstance(measure, Spread), measure.kind, str(about or ""), row.lasting)


@dataclass(frozen=True)
class DenSlots:
    """The slots of dens: how many, the s.d. of the logarithm of their weights, and how their crews are renewed.

    ``recruiting`` is the rate of growth a day, ``opens_with`` the share of a full crew with which a raided den opens
    again: 0 and 1 where there are no gangs.
    """

    slots: int
    weight_sigma: float
    recruiting: float = 0.0
    opens_with: float = 1.0

    @classmethod
    def of(cls, scenario: "Scenario") -> "DenSlots":
        """Return what is to be known of the dens of a scenario."""
        dens, gangs = scenario.spec.dens, scenario.spec.gangs
        if gangs is None:
            return cls(dens.slots, dens.weight_sigma)
        return cls(dens.slots, dens.weight_sigma, gangs.recruiting, gangs.reopens_with)


@dataclass(frozen=True)
class Scope:
    """Period, scale, labels, targets and evidence of a run.

    ``first_day`` and ``last_day`` are day numbers, both inside the period. ``provinces`` holds two-digit
    codes in table order; ``fraud_types`` and ``age_bands`` are labels in the scenario's order. ``sha256`` is
    of the resolved scenario without engine, workers and record. ``internet_users`` are those of the country.
    ``prices`` are all of ``costs``, or none where the scenario has no such section; ``rounded`` are the desks whose
    costs are withheld, see ``sim.store.withheld``.
    ``province_names`` stand in the order of ``provinces``. ``policy_of`` is the name of the scenario of which this one
    is a policy, whose reported figures it is not held to; None for all others. ``measures`` are those of the scenario.
    ``frozen_factor`` is the money stopped for each unit got back, None where it is not known; ``settles`` says whether
    some cases and suspects are counted later than they come. ``gangs_as_on`` is the number of the day for which the
    beginning of gangs is stated, None where there are none. ``dens`` are None only where nothing is known of them.
    ``services`` are the times that calls and visits take.
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
    sha256: str
    targets: tuple[Target, ...] = ()
    evidence: tuple[Known, ...] = ()
    internet_users: int = 0
    prices: tuple[Price, ...] = ()
    rounded: frozenset[str] = frozenset()
    province_names: tuple[str, ...] = ()
    policy_of: str | None = None
    measures: tuple[Dated, ...] = ()
    frozen_factor: float | None = None
    settles: bool = False
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
                )
                for row in spec.evidence
            ),
            internet_users=spec.population.internet_users(),
            prices=prices_of(scenario),
            rounded=frozenset() if spec.costs is None else frozenset(rounded_desks(spec)),
            province_names=tuple(row.name for row in spec.population.provinces),
            policy_of=spec.policy_of,
            measures=tuple(Dated.of(name, measure) for name, measure in spec.measures.items()),
            frozen_factor=spec.aftermath.stop_payment.frozen_factor,
            settles=spec.aftermath.settlement is not None,
            gangs_as_on=None if spec.gangs is None else day_number(spec.fraud.reference),
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
    """Return all prices that a scenario states; none where it has no ``costs``."""
    return tuple(_prices(scenario.resolved["costs"]))


def _prices(resolved: Any, path: str = "") -> Iterator[Price]:
    """Yield each price below a part of the resolved ``costs``, by its dotted key; nothing where there is no part."""
    for key, below in (resolved or {}).items():
        name = f"{path}.{key}".lstrip(".")
        value = plain(below)
        if isinstance(value, dict):
            yield from _prices(below, name)
            continue
        ends = [*below.get("range", ()), value] if is_full_form(below) else [value]
        yield Price(name, value, min(ends), max(ends))


def _target(row: "Figure") -> Target:
    interval = None if row.interval is None else (row.interval[0], row.interval[1])
    value = None if row.value is None else _plain(row.value)
    errors = row.standard_error, interval, row.sampling_error
    return Target(row.name, row.window, value, row.role, row.base, row.tolerance, *errors)


def _plain(value: float | date) -> float | int | str:
    """Return a reported value as JSON has it: whole numbers as integers, days as text."""
    return value.isoformat() if isinstance(value, date) else _number(value)


def _number(value: float) -> float | int:
    """Return a number as JSON has it: an integer where it is whole."""
    return int(value) if value == int(value) else value
