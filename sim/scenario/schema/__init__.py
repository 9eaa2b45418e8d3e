"""The shape of a scenario: one model a section, in the order in which an attempt travels."""

import math
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, model_validator
from pydantic_core import PydanticCustomError

from sim.days import DAY_MS, HALF_HOUR_MS, YEAR_DAYS
from sim.scenario.bounds import (
    MOST_STAFF,
    Members,
    Probability,
    Reported,
    Samples,
    Scale,
    ScaleBelow,
    Seed,
    Seeds,
    StandardError,
    Tolerance,
    plain,
)
from sim.scenario.scalars import Day, Duration, DurationOrZero, Switch, Window
from sim.scenario.schema.aftermath import Aftermath
from sim.scenario.schema.base import (
    BROKEN,
    ONE_LINE,
    ROUNDING,
    DottedKey,
    Naming,
    Part,
    Path,
    all_of,
    demand,
    mistake,
    rules_of,
    touches,
)
from sim.scenario.schema.costs import Costs
from sim.scenario.schema.evidence import Evidence, wrong_names
from sim.scenario.schema.fraud import MONTHS, WEEKDAYS, Fraud
from sim.scenario.schema.gates import Cards, Dens, Engagement, Interception, Sites
from sim.scenario.schema.measures import Measure, WarningCoverage
from sim.scenario.schema.pooling import Pools
from sim.scenario.schema.population import NO_POOL, Population
from sim.scenario.schema.warning import Desks, Warning
from sim.scenario.tables import CsvFile
from sim.words import DESKS, Channel

MOST_IN_A_CELL = 16_500_000
"""An index has 24 bits; the rest is room for chance."""

FIRST_DAY, LAST_DAY = date(2000, 2, 1), date(2080, 12, 31)
"""What identities can name (days since 2000-01-01), with room for the day before the first."""

MOST_DAYS = 20_000
"""Simulated days, warm-up included."""

LARGEST_EXPONENT = 50.0
"""All growth between a reference date and a simulated day comes to e^50 at most, or to one in e^50."""

MOST_LOST = 1e13
"""Yuan of one episode: a twelfth of what all of China produces in a year. Some 4,600 such losses can be summed."""

LUCKIEST = 8.21
"""Standard deviations that no normal draw exceeds: a uniform of 52 bits ends 2^-53 below 1."""

TABLE_ROUNDING = 1e-6
"""How far the sum of a row of probabilities may be from 1, rounded as tables are."""

NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$"
Name = Annotated[str, Field(pattern=NAME)]


def largest_share(fraud: Fraud, channel: str, years: tuple[float, float]) -> float:
    """Return an upper bound of the share of one fraud type in a channel's attempts, as the mix grows.

    Args:
        fraud: Settings.
        channel: Label of the channel.
        years: From the reference date to both ends of the period.

    Returns:
        The share, 1 where growth says nothing.
    """
    grown = [
        [getattr(kind.mix, channel) * math.exp(kind.mix_growth * year) for year in years]
        for kind in fraud.types.values()
    ]
    least = sum(min(ends) for ends in grown)
    most = max(max(ends) for ends in grown)
    return min(1.0, most / least) if least > 0.0 else 1.0


class Period(Part):
    """The days that figures are about, both included, and the warm-up that is simulated before them."""

    start: Day
    """The first day that figures are about. Moved back, the run is longer and takes in more. Later: a shorter
    period. Example: `2021-01-01`"""
    end: Day
    """The last day that figures are about, included. Later: a longer period. Example: `2022-11-30`"""
    warmup: DurationOrZero
    """Days that are simulated before the start and counted nowhere, so that queues, cards and dens are under way when
    counting begins. More: a steadier start, and a longer run. Example: `92 d`"""

    @model_validator(mode="after")
    def _sane(self) -> "Period":
        demand(self._slips())
        return self

    def _slips(self) -> Iterator[PydanticCustomError]:
        if self.warmup % DAY_MS:
            yield mistake("warmup", "is not a whole number of days", "whole days, such as 92 d", ("warmup",))
        if self.end < self.start:
            yield mistake("end", f"{self.end} is before the start", f"{self.start} or later", ("start", "end"))
            return
        first = self.start.toordinal() - self.warmup // DAY_MS
        if first < FIRST_DAY.toordinal() or self.end > LAST_DAY:
            yield mistake(
                "start",
                f"{self.start} less the warm-up, to {self.end}, is out of range",
                f"days between {FIRST_DAY} and {LAST_DAY}, warm-up included",
            )
        elif (self.end - self.start).days + self.warmup // DAY_MS > MOST_DAYS:
            allowed = f"at most {MOST_DAYS:,} days with the warm-up"
            yield mistake("end", f"{self.end} is too far from the start", allowed)

    def years_since(self, reference: date) -> tuple[float, float]:
        """Return the years from a reference date to the first simulated day and to the last, negative before it."""
        first = (self.start - reference).days - self.warmup // DAY_MS
        return first / YEAR_DAYS, (self.end - reference).days / YEAR_DAYS


class Figure(Part):
    """A figure to show beside the simulated one: put in, fitted or predicted.

    Only a prediction may be without a value: nothing is reported yet. ``standard_error`` is that of one run of the
    whole country, the spread between seeds, which grows as the root of 1 / scale in a thinned run; ``interval`` holds
    90 % of what the posterior predicts. Both are in the unit of the figure.
    """

    name: Name
    """What is counted, or the change of it: a quantity such as victims, or one with _change behind its name. Example:
    `cases_filed_change`"""
    window: Window
    """The days over which it is counted. Example: `[2022-01-01, 2022-11-30]`"""
    base: Window | None = None
    """The earlier days with which a change compares; only for names that end in _change. Example: `[2021-01-01,
    2021-11-30]`"""
    value: Reported | Day | None = None
    """What was reported: a count, yuan for losses, a fraction for changes, or a day. Only a predicted figure may be
    without. Unit: as the quantity. More: a larger reported figure; the run is held to it but does not depend on it.
    Example: `391000`"""
    role: Literal["input", "fitted", "predicted"]
    """How the figure was used: input (put in), fitted (parameters were set to meet it) or predicted (looked at
    afterwards). Example: `fitted`"""
    tolerance: Tolerance | None = None
    """How far the simulated figure may be from the reported one to count as met, as a share of it; of a change in
    absolute terms. Unit: share. More: a looser test. Example: `0.01`"""
    standard_error: StandardError | None = None
    """Spread of the figure between runs with other seeds, at the scenario's scale. Unit: as the quantity. More: chance
    may explain more of a difference. Example: `5702000`"""
    interval: Annotated[list[Reported], Field(min_length=2, max_length=2)] | None = None
    """Where a prediction lies with a probability of nine in ten, lower and upper end. Unit: as the quantity. More: a
    higher prediction. Example: `[1738000000, 1887000000]`"""
    source: str
    """Who reported it, where and when. Example: `"Xinhua, 17 August 2022"`"""

    @model_validator(mode="after")
    def _stated(self) -> "Figure":
        if self.value is None and self.role != "predicted":
            allowed = "what was reported, a number or a day; only a predicted one may do without"
            raise mistake("value", f"is missing, but the figure is {self.role}", allowed, ("value", "role"))
        if self.interval is not None and self.interval[0] > self.interval[1]:
            raise mistake("interval", "begins above its end", "[low, high] with low at most high", ("interval",))
        return self


class Record(Part):
    """Which events are written: none, all, or those of a share of the origins."""

    events: Literal["none", "all"] | Probability = "none"
    """Whose events are logged one by one: none, all, or those of a share of all attempts and contacts. Unit: share, or
    a word. More: a larger log; results stay the same. Example: `0.01`"""


class Sweep(Part):
    """Parameters to vary, each with its values, and how they are combined."""

    design: Literal["grid", "sobol", "lhs", "box"] = "grid"
    """How values are combined: grid (every combination), sobol or lhs (points spread evenly over the ranges), or box
    (the scenario as it is, corners, ends of each range and points between). Example: `grid`"""
    samples: Samples | None = None
    """Points of a design that is no grid. Unit: points. More: a denser design and as many more runs. Example: `64`"""
    vary: dict[DottedKey, list[str | float | int | bool]] = Field(default_factory=dict)
    """Parameters that are varied, by dotted key, each with its values, or with the two ends of a range for designs that
    are no grid. Unit: as the parameter. More: another value tried. Example: `{desks.visit.staff: [2000, 4000, 8000]}`
    """


class Calibration(Part):
    """How the calibrated parameters are fitted to the fitted figures.

    ``parameters`` are the dotted keys that may move; an empty list means every one with a range. ``scales`` are those
    on the way to the scenario's own; ``seeds`` are averaged at each; ``members`` is the size of the posterior's
    ensemble, 0 for none; ``evidence`` names what the posterior is held to beside the figures. ``draws`` names the table
    of posterior draws, see ``sim.scenario.stored_draws``.
    """

    parameters: list[DottedKey] = Field(default_factory=list)
    """Dotted keys of the parameters that may move; an empty list stands for all that have a range, but costs. Example:
    `[fraud.volumes.call.level]`"""
    scales: list[ScaleBelow] = Field(default_factory=lambda: [0.005])
    """Scales of the runs of the fit, on the way to the scenario's own. Unit: share of the country. More: slower, and
    less chance in the fit. Example: `[0.005, 0.1]`"""
    seeds: Seeds = 8
    """Runs that are averaged at each scale. Unit: runs. More: slower, and less chance in the fit. Example: `8`"""
    members: Members = 0
    """Sets of parameters in the posterior's ensemble; 0 makes none. Unit: sets. More: slower, and a better picture of
    what the figures leave open. Example: `48`"""
    evidence: list[Annotated[str, Naming("quantity")]] = Field(default_factory=list)
    """Names of evidence that the posterior is held to, beside the figures. Example: `[recall_call, loss_mean]`"""
    draws: CsvFile | None = Field(default=None, exclude=True)
    """Name of the CSV file of posterior draws that is stored beside the scenario. Example: `china-2022-draws.csv`"""


RULES = {
    "_check_clock": ("clock",),
    "_check_bands": ("population.age_bands", "fraud.types.*.age_factor", "engagement.answering.age_factor"),
    "_check_types": ("fraud.types!", "fraud.surges.*.types", "interception.type_offset!"),
    "_check_confusion": ("fraud.types!", "warning.confusion"),
    "_check_provinces": (
        *("population.provinces", "fraud.province_weights", "fraud.surges.*.provinces", "desks.province_weights"),
        *("desks.*.by_province!", "measures.*.provinces", "measures.*.province_weights"),
    ),
    "_check_evidence": (),  # each of its mistakes says what was read
    "_check_growth": ("period", "fraud.reference", "fraud.loss_growth", "fraud.volumes", "fraud.types", "aftermath"),
    "_check_staff": ("desks",),
    "_check_coverage": ("measures", "period", "population.provinces"),
    "_check_losses": ("period", "fraud.reference", "fraud.loss_growth", "fraud.types"),
}
"""The rules between parts of a scenario, in order, and what each reads: it is not asked where that is wrong already."""

POOLED = ("population", "fraud", "desks", "measures")
"""What pooling reads."""

COUNTED = ("population", "fraud", "period", "scale", "aftermath.investigation", "warning.detectors.grid")
"""What is read to tell how many there may be of anything."""


class ScenarioModel(Part):
    """A whole scenario.

    ``policy_of`` names the scenario, with its figures, of which this one is a policy: it changes what that one says of
    the days of both. Loading fills it in; null where this scenario is held to its figures itself.
    """

    schema_: Literal[1] = Field(alias="schema")
    """Version of the format of scenarios. Example: `1`"""
    name: Name
    """Name of the scenario, by which the folders of its runs are called. Example: `my-policy`"""
    title: Annotated[str, Field(min_length=1, max_length=300, pattern=ONE_LINE)]
    """The question that the scenario asks, in one line; reports bear it. Example: `What do twice the officers do?`"""
    policy_of: Name | None = None
    """The scenario of which this one is a policy, and to whose reported figures it is therefore not held; loading fills
    it in. Example: `china-2022`"""
    period: Period
    """The days that are simulated and counted."""
    seed: Seed
    """Number from which all chance is drawn; policies with the same seed meet the same attempts and people. Unit: none.
    More: nothing by itself: another number is another chance. Example: `20221130`"""
    scale: Scale = 1.0
    """Share of people, attempts, cards and staff that is simulated; totals are scaled up to the whole country. Unit:
    share of the country. More: slower, with less chance and waits nearer to the country's. Example: `0.01`"""
    engine: Literal["vector", "reference"] = "vector"
    """Which engine runs it: vector (fast) or reference (to be read); both give the same bytes. Example: `vector`"""
    feedback: Switch = True
    """Whether filters, cases and heard alerts act back on cards, leads and people from day to day; off for experiments
    that take layers apart. Example: `on`"""
    clock: Duration = 1
    """Length of a tick, to which all moments are rounded; it divides half an hour. More: coarser moments, more events
    in the same tick. Example: `1 ms`"""
    population: Population
    """Provinces, people, their phones and their ordinary contacts."""
    fraud: Fraud
    """The attempts that gangs would make, and what an episode of each type is like."""
    dens: Dens
    """Places from which gangs work, and raids on them."""
    cards: Cards
    """Phone cards in the hands of gangs."""
    interception: Interception
    """Filters of calls and SMS."""
    sites: Sites
    """Blocking of accounts, sites, domains, hosting, apps and diversions."""
    engagement: Engagement
    """Who answers and who believes, and what people have learned."""
    warning: Warning
    """Detectors, tiers and what becomes of alerts."""
    desks: Desks
    """Officers who call and visit, and when they are on duty."""
    aftermath: Aftermath
    """Reports, recovered money, cases and arrests."""
    measures: dict[Name, Measure] = Field(default_factory=dict)
    """What the country does, by a name of its own: campaigns, filters, blocking, education, coverage of warnings, law,
    holds, outages. Example: `{banks: {kind: bank_hold, window: [2022-03-01, null], intensity: 0.1}}`"""
    costs: Costs | None = None
    """What staff, false alarms and education cost; without it a run has no costs."""
    figures: list[Figure] = Field(default_factory=list)
    """Reported figures that are shown beside the simulated ones. Example: `[{name: victims, window: [2022-01-01,
    2022-11-30], role: predicted, source: "not published"}]`"""
    evidence: list[Evidence] = Field(default_factory=list)
    """What is known of the inside of the model, against which a run is held. Example: `[{name: recall_call, range:
    [0.6, 0.95], basis: "assumed"}]`"""
    record: Record = Field(default_factory=Record)
    """What is written of single events. Example: `{events: 0.01}`"""
    sweep: Sweep = Field(default_factory=Sweep)
    """What tocsin sweep varies if it is not told otherwise. Example: `{vary: {desks.visit.staff: [2000, 4000, 8000]}}`
    """
    calibration: Calibration = Field(default_factory=Calibration)
    """How the calibrated parameters are fitted to the fitted figures. Example: `{scales: [0.005, 0.1], seeds: 8}`"""

    @model_validator(mode="after")
    def _agree(self, info: ValidationInfo) -> "ScenarioModel":
        """Ask every rule between parts, but those that read what is wrong already."""
        found: list[PydanticCustomError] = []
        broken: list[Path] = list((info.context or {}).get(BROKEN, ()))

        def note(some: Iterable[PydanticCustomError]) -> None:
            own = [error for error in some if readable(*(error.context or {}).get("reads", ()))]
            found.extend(own)
            rules = [rule for error in own for rule in rules_of(dict(error.context or {}))]
            broken.extend(tuple(rule["key"].split(".")) for rule in rules)

        def readable(*reads: str) -> bool:
            return not any(touches(path, read) for path in broken for read in reads if read)

        for check, reads in RULES.items():
            if readable(*reads):
                note(getattr(self, check)())
        pooled = self
        if self.population.pool != NO_POOL and readable(*POOLED):
            try:
                pooled = self.pooled(self.population.pool)
            except PydanticCustomError as error:
                note([error])
        if readable(*COUNTED, *(() if self.population.pool == NO_POOL else POOLED)):
            note(pooled._check_counts())
        demand(found)
        return pooled

    def pooled(self, kind: str) -> "ScenarioModel":
        """Return the scenario with pools of a kind, as ``population.pool`` has it, in place of its provinces."""
        population = self.population.model_copy(update={"pool": kind})
        pools = Pools.of(population)
        if not pools.any:
            return self
        parts = {
            "population": pools.population(population),
            "fraud": pools.fraud(self.fraud),
            "desks": pools.desks(self.desks),
            "measures": pools.placed(self.measures, "measures"),
        }
        if pools.mistakes:
            raise all_of(pools.mistakes)
        return self.model_copy(update=parts)

    def pooled_further(self, kind: str) -> "ScenarioModel | None":
        """Return the scenario with pools of a kind; None where they cannot be, or would change nothing."""
        try:
            pooled = self.pooled(kind)
        except PydanticCustomError:
            return None
        return None if pooled is self else pooled

    def _check_clock(self) -> Iterator[PydanticCustomError]:
        if HALF_HOUR_MS % self.clock:
            yield mistake("clock", f"{self.clock} ms does not divide half an hour", "a divisor of 30 min")

    def _check_bands(self) -> Iterator[PydanticCustomError]:
        """Find lists by age band that have another length."""
        bands = len(self.population.age_bands)
        for name, kind in self.fraud.types.items():
            if len(kind.age_factor) != bands:
                entries = f"has {len(kind.age_factor)} entries"
                yield mistake(f"fraud.types.{name}.age_factor", entries, f"{bands} are needed, one for each age band")
        if len(self.engagement.answering.age_factor) != bands:
            yield mistake("engagement.answering.age_factor", "has another length", f"{bands}, one for each age band")

    def _check_types(self) -> Iterator[PydanticCustomError]:
        """Find names of fraud types that are none."""
        types = list(self.fraud.types)
        for name in self.interception.type_offset:
            if name not in types:
                yield mistake(f"interception.type_offset.{name}", "is no fraud type", f"one of {', '.join(types)}")
        for surge_name, surge in self.fraud.surges.items():
            for fraud_type in surge.types or []:
                if fraud_type not in types:
                    key = f"fraud.surges.{surge_name}.types"
                    yield mistake(key, f"names '{fraud_type}'", f"one of {', '.join(types)}")

    def _check_evidence(self) -> Iterator[PydanticCustomError]:
        codes = [str(row.code) for row in self.population.provinces]
        return wrong_names(self.evidence, list(self.fraud.types), self.population.band_names(), codes)

    def _check_growth(self) -> Iterator[PydanticCustomError]:
        """Refuse growth whose factors a double could not hold: a small one far from its reference date."""
        fraud, cases = self.fraud, self.aftermath.investigation
        rates = {f"fraud.volumes.{name}.growth": getattr(fraud.volumes, name).growth for name in Channel.labels()}
        rates |= {f"fraud.types.{name}.mix_growth": kind.mix_growth for name, kind in fraud.types.items()}
        rates["fraud.loss_growth"] = fraud.loss_growth
        dated = [(key, growth, fraud.reference) for key, growth in rates.items()]
        for key, growth, reference in [*dated, ("aftermath.investigation.growth", cases.growth, cases.reference)]:
            furthest = max((growth * year for year in self.period.years_since(reference)), key=abs)
            if abs(furthest) > LARGEST_EXPONENT:
                what = f"{growth:g} a year comes to e^{furthest:.4g} between the reference, {reference}, and the period"
                yield mistake(key, what, f"at most e^{LARGEST_EXPONENT:g} either way: less growth or a nearer date")

    def _check_staff(self) -> Iterator[PydanticCustomError]:
        """Refuse staff that grows beyond what any staff may be: seats times their time must stay below 2^63."""
        for desk in (channel.label for channel in DESKS):
            for key, most in getattr(self.desks, desk).most_staff():
                if most > MOST_STAFF:
                    what = f"brings the staff to {most:,.0f} as it grows"
                    yield mistake(f"desks.{desk}.{key}", what, f"at most {MOST_STAFF:,}")

    def _check_coverage(self) -> Iterator[PydanticCustomError]:
        """Refuse weights by which a detector would see more than all contacts of a province on some day."""
        people = {row.code: row.population for row in self.population.provinces}
        for name, measure in self.measures.items():
            if not isinstance(measure, WarningCoverage) or not measure.province_weights:
                continue
            start, end = measure.window
            last = self.period.end if end is None else min(end, self.period.end)
            if start > last:
                continue
            covered = measure.coverage * (measure.ramp.nearly(last) if measure.ramp else 1.0)
            code, relative = max(measure.relative(people).items(), key=lambda item: item[1])
            if covered * relative > 1.0 + ROUNDING:
                given = str(code) in measure.province_weights
                yield mistake(
                    f"measures.{name}.province_weights" + (f".{code}" if given else ""),
                    f"makes it see {covered * relative:.4g} of the contacts of province {code} on {last}",
                    f"at most 1: {relative:.4g} times the mean weight is too much for a coverage of {covered:.4g}",
                )

    def _check_losses(self) -> Iterator[PydanticCustomError]:
        """Refuse losses of which the largest that can be drawn would be absurd, so that none need be cut."""
        fraud = self.fraud
        grown = math.exp(max(fraud.loss_growth * year for year in self.period.years_since(fraud.reference)))
        for name, kind in fraud.types.items():
            most = kind.loss.median * grown * math.exp(kind.loss.sigma * LUCKIEST)
            if most > MOST_LOST:
                yield mistake(
                    f"fraud.types.{name}.loss",
                    f"chance can bring a loss of {most:.3g} yuan",
                    f"at most {plain(MOST_LOST)}: median x growth x e^({LUCKIEST} sigma)",
                )

    def _check_counts(self) -> Iterator[PydanticCustomError]:
        """Refuse volumes that no identity could number: the largest cell of a day must stay below 2**24."""
        fraud = self.fraud
        people = [row.population for row in self.population.provinces]
        factors = [fraud.province_weights.get(str(row.code), 1.0) * row.population for row in self.population.provinces]
        largest = max(factors) / sum(factors)
        rhythm = max(fraud.weekdays) * WEEKDAYS / sum(fraud.weekdays) * max(fraud.months) * MONTHS / sum(fraud.months)
        surges = math.prod(max(1.0, surge.factor) for surge in fraud.surges.values())
        for channel in Channel.labels():
            volume = getattr(fraud.volumes, channel)
            years = self.period.years_since(fraud.reference)
            grown = math.exp(max(volume.growth * year for year in years))
            commonest = largest_share(fraud, channel, years)
            most = volume.level * grown * largest * commonest * rhythm * surges * self.scale
            if most > MOST_IN_A_CELL:
                yield mistake(
                    f"fraud.volumes.{channel}.level",
                    f"brings up to {most:.3g} attempts a day of one type to one province",
                    f"at most {MOST_IN_A_CELL:,}, which identities can number{self._thinner()}",
                )

        share = max(people) / sum(people)
        most = self.aftermath.investigation.backlog * share * self.scale
        if most > MOST_IN_A_CELL:
            yield mistake(
                "aftermath.investigation.backlog",
                f"brings up to {most:.3g} cases to one province",
                f"at most {MOST_IN_A_CELL:,}, which identities can number{self._thinner()}",
            )
        grid = self.warning.detectors.grid
        above = 0.5 * math.erfc(grid.low / math.sqrt(2.0))
        for channel in Channel.labels():
            most = getattr(self.population.legitimate, channel) * share * above * self.scale
            if most > MOST_IN_A_CELL:
                yield mistake(
                    f"population.legitimate.{channel}",
                    f"brings up to {most:.3g} contacts above grid.low a day to one province",
                    f"at most {MOST_IN_A_CELL:,}, which identities can number{self._thinner()}",
                )

    def _thinner(self) -> str:
        """Return what else is allowed where provinces are pooled: their people count together."""
        return "" if self.population.pool == NO_POOL else ": a smaller scale, or population.pool: none"

    def _check_confusion(self) -> Iterator[PydanticCustomError]:
        types = list(self.fraud.types)
        totals = dict.fromkeys([*types, "legitimate"], 0.0)
        pairs = [(row.true, row.predicted) for row in self.warning.confusion]
        for true, predicted in pairs:
            if pairs.count((true, predicted)) > 1:
                yield mistake("warning.confusion", f"has '{true}' taken for '{predicted}' twice", "one row a pair")
        for row in self.warning.confusion:
            if row.true not in totals or row.predicted not in types:
                yield mistake(
                    "warning.confusion",
                    f"has a row '{row.true}' taken for '{row.predicted}'",
                    f"true one of {', '.join(totals)}, predicted one of {', '.join(types)}",
                )
                return
            totals[row.true] += row.probability
        for true, total in totals.items():
            if abs(total - 1) > TABLE_ROUNDING:
                yield mistake("warning.confusion", f"the rows of '{true}' add up to {total:g}", "they add up to 1")

    def _check_provinces(self) -> Iterator[PydanticCustomError]:
        codes = {row.code for row in self.population.provinces}
        named: list[tuple[str, list[int]]] = [
            (f"measures.{name}.provinces", getattr(measure, "provinces", None) or [])
            for name, measure in self.measures.items()
        ]
        named += [(f"fraud.surges.{name}.provinces", s.provinces or []) for name, s in self.fraud.surges.items()]
        weighed = [
            ("fraud", self.fraud.province_weights, codes),
            ("desks", self.desks.province_weights, codes),
            *(
                (f"measures.{name}", measure.province_weights, set(measure.provinces or codes))
                for name, measure in self.measures.items()
                if isinstance(measure, WarningCoverage) and measure.province_weights
            ),
        ]
        for holder, weights, own in weighed:
            key = f"{holder}.province_weights"
            wrong = [code for code in weights if not code.isdigit() or int(code) not in own]
            for code in wrong:
                what = "a code of population.provinces" if own == codes else f"a code of {holder}.provinces"
                yield mistake(f"{key}.{code}", "is no province of it" if own != codes else "is no province", what)
            factors = {int(code): weight for code, weight in weights.items() if code not in wrong}
            rows = [row for row in self.population.provinces if row.code in own]
            if all(factors.get(row.code, 1.0) * row.population == 0 for row in rows):
                yield mistake(key, "leaves every province without weight", "a weight above 0 for some province")
        for desk in (channel.label for channel in DESKS):
            for code in getattr(self.desks, desk).by_province:
                if not code.isdigit() or int(code) not in codes:
                    key = f"desks.{desk}.by_province.{code}"
                    yield mistake(key, "is no province", "a code of population.provinces")
        for key, list_of_codes in named:
            for place, number in enumerate(list_of_codes):
                if number not in codes:
                    yield mistake(f"{key}.{place}", f"names province {number}", "codes of population.provinces")
