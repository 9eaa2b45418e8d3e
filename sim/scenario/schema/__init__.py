"""The shape of a scenario: one model a section, in the order in which an attempt travels."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, model_validator

from sim.days import DAY_MS
from sim.scenario.quantities import Day, Duration, DurationOrZero, Finite, Positive, Switch, Window
from sim.scenario.schema.aftermath import Aftermath
from sim.scenario.schema.base import Part, mistake
from sim.scenario.schema.fraud import Fraud
from sim.scenario.schema.gates import Cards, Dens, Engagement, Interception, Sites
from sim.scenario.schema.measures import Measure
from sim.scenario.schema.population import Population
from sim.scenario.schema.warning import Desks, Warning

HALF_HOUR_MS = 1_800_000
NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$"
Name = Annotated[str, Field(pattern=NAME)]


class Period(Part):
    """The days that figures are about, both included, and the warm-up that is simulated before them."""

    start: Day
    end: Day
    warmup: DurationOrZero

    @model_validator(mode="after")
    def _sane(self) -> "Period":
        if self.end < self.start:
            raise mistake("end", f"{self.end} is before the start", f"{self.start} or later")
        if self.warmup % DAY_MS:
            raise mistake("warmup", "is not a whole number of days", "whole days, such as 92 d")
        if not date(2001, 1, 1) <= self.start or self.end > date(2080, 12, 31):
            raise mistake("start", f"{self.start} to {self.end}", "days between 2001-01-01 and 2080-12-31")
        if (self.end - self.start).days + self.warmup // DAY_MS > 20_000:
            raise mistake("end", f"{self.end} is too far from the start", "at most 20,000 days with the warm-up")
        return self


class Figure(Part):
    """A figure to show beside the simulated one: put in, fitted or predicted."""

    name: Name
    window: Window
    base: Window | None = None
    value: Finite | Day
    role: Literal["input", "fitted", "predicted"]
    tolerance: Positive | None = None
    source: str


class Record(Part):
    """Which events are written: none, all, or those of a share of the origins."""

    events: Literal["none", "all"] | Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] = "none"


class Sweep(Part):
    """Parameters to vary, each with its values, and how they are combined."""

    design: Literal["grid", "sobol", "lhs"] = "grid"
    samples: Annotated[int, Field(ge=1)] | None = None
    vary: dict[str, list[str | float | int | bool]] = Field(default_factory=dict)


class Calibration(Part):
    """Dotted keys that a calibration may move; their ranges stand with the parameters."""

    parameters: list[str] = Field(default_factory=list)


class ScenarioModel(Part):
    """A whole scenario."""

    schema_: Literal[1] = Field(alias="schema")
    name: Name
    title: Annotated[str, Field(min_length=1, max_length=300)]
    period: Period
    seed: Annotated[int, Field(ge=0, lt=2**63)]
    scale: Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)] = 1.0
    engine: Literal["reference"] = "reference"
    feedback: Switch = True
    clock: Duration = 1
    population: Population
    fraud: Fraud
    dens: Dens
    cards: Cards
    interception: Interception
    sites: Sites
    engagement: Engagement
    warning: Warning
    desks: Desks
    aftermath: Aftermath
    measures: dict[Name, Measure] = Field(default_factory=dict)
    figures: list[Figure] = Field(default_factory=list)
    record: Record = Field(default_factory=Record)
    sweep: Sweep = Field(default_factory=Sweep)
    calibration: Calibration = Field(default_factory=Calibration)

    @model_validator(mode="after")
    def _agree(self) -> "ScenarioModel":
        if HALF_HOUR_MS % self.clock:
            raise mistake("clock", f"{self.clock} ms does not divide half an hour", "a divisor of 30 min")
        bands = len(self.population.age_bands)
        self.fraud.check_bands(bands)
        if len(self.engagement.answering.age_factor) != bands:
            raise mistake("engagement.answering.age_factor", "has another length", f"{bands}, one for each age band")
        types = list(self.fraud.types)
        for name in self.interception.type_offset:
            if name not in types:
                raise mistake(f"interception.type_offset.{name}", "is no fraud type", f"one of {', '.join(types)}")
        self._check_confusion(types)
        self._check_provinces()
        return self

    def _check_confusion(self, types: list[str]) -> None:
        totals = dict.fromkeys([*types, "legitimate"], 0.0)
        for row in self.warning.confusion:
            if row.true not in totals or row.predicted not in types:
                raise mistake(
                    "warning.confusion",
                    f"has a row '{row.true}' taken for '{row.predicted}'",
                    f"true one of {', '.join(totals)}, predicted one of {', '.join(types)}",
                )
            totals[row.true] += row.probability
        for true, total in totals.items():
            if abs(total - 1) > 1e-6:
                raise mistake("warning.confusion", f"the rows of '{true}' add up to {total:g}", "they add up to 1")

    def _check_provinces(self) -> None:
        codes = {row.code for row in self.population.provinces}
        named: list[tuple[str, list[int]]] = [
            (f"measures.{name}.provinces", getattr(measure, "provinces", None) or [])
            for name, measure in self.measures.items()
        ]
        named += [(f"fraud.surges.{name}.provinces", s.provinces or []) for name, s in self.fraud.surges.items()]
        for key, weights in (
            ("fraud.province_weights", self.fraud.province_weights),
            ("desks.province_weights", self.desks.province_weights),
        ):
            for code in weights:
                if not code.isdigit() or int(code) not in codes:
                    raise mistake(f"{key}.{code}", "is no province", "a code of population.provinces")
        for key, list_of_codes in named:
            for number in list_of_codes:
                if number not in codes:
                    raise mistake(key, f"names province {number}", "codes of population.provinces")
