"""The schema of a scenario: one model per section, in the order in which an attempt travels."""

from typing import Annotated, Any, Literal

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator
from pydantic_core import PydanticCustomError

from sim.language import UNITS_OF_MONEY, Terms
from sim.scenario.bounds import Duration, Scale, Seed, Switch, oldest
from sim.scenario.schema import population as schema_population
from sim.scenario.schema.base import ONE_LINE, ChannelNames, Currency, Name, Part, Period, all_of, demand
from sim.scenario.schema.fraud import Fraud, Gangs
from sim.scenario.schema.layers import Accounts, Aftermath, Cards, Costs, Dens, Engagement, Interception, Sites
from sim.scenario.schema.measures import Measure, Taught
from sim.scenario.schema.rules import GROWN, NAMES, NUMBERS, Pools, wrong_counts
from sim.scenario.schema.warning import Desks, Warning


class ScenarioModel(Part):
    """A whole scenario.

    ``policy_of`` names the scenario that this one changes as a policy on days that both have. Loading fills it in; null
    if this scenario is compared with its own figures.
    """

    schema_: Literal[1] = Field(alias="schema")
    """Version of the scenario format. Example: `1`"""
    name: Name
    """Name of the scenario; the folders of its runs are named after it. Example: `my-policy`"""
    title: Annotated[str, Field(min_length=1, max_length=300, pattern=ONE_LINE)]
    """The question that the scenario asks, in one line; reports show it. Example: `What do twice the officers do?`"""
    policy_of: Name | None = None
    """Name of the scenario that this one changes as a policy; a policy is not compared with reported figures. Loading
    fills it in. Example: `china-2022`"""
    period: Period
    """The days that are simulated and counted."""
    seed: Seed
    """Seed of all random draws; policies with the same seed meet the same attempts and people. Unit: none. More: no
    direction: another number is another replicate. Example: `20221130`"""
    scale: Scale = 1.0
    """Sampled share of people, attempts, cards and staff; totals are scaled up to the whole country. Unit: share of the
    country. More: slower, with less run-to-run noise and waits closer to the country's. Example: `0.01`"""
    engine: Literal["vector", "reference"] = "vector"
    """Engine of the run: vector (fast) or reference (readable); both give the same bytes. Example: `vector`"""
    feedback: Switch = True
    """Whether filters, cases and alerts act back on cards, leads and people from day to day; switch it off to study
    layers separately. Example: `on`"""
    currency: Currency = UNITS_OF_MONEY
    """Name of the unit of money in tables and reports; all sums of the scenario are in it. The smallest amount is a
    hundredth of it. Example: `EUR`"""
    channels: ChannelNames = Field(default_factory=ChannelNames)
    """Names of the channels of attempts and warnings in this country. Example: `{sms: text message, online: messenger}`
    """
    clock: Duration = 1
    """Length of a tick; all moments are rounded to it, and it must divide half an hour. More: coarser moments, more
    events in the same tick. Example: `1 ms`"""
    population: schema_population.Population
    """Provinces, people, their phones and their ordinary contacts."""
    fraud: Fraud
    """The attempts that gangs would make, and the course of an episode of each type."""
    dens: Dens
    """Places where gangs work, and raids on them."""
    gangs: Gangs | None = None
    """The crews of dens, or pools of members, and how gangs respond; without it crews are full while their den works,
    and attempts do not depend on any measure. Example: `{start: 1, recruiting: 6 per year, reopens_with: 0.5,
    crew_share: 0.3, slower: 2}`"""
    cards: Cards
    """Phone cards in the hands of gangs."""
    accounts: Accounts | None = None
    """Accounts of mules, which payments pass; without it recoverable money halves every
    aftermath.stop_payment.half_life. Example: `{stock: 300000, frozen_by_case: 3, found: 0.01, replacement: 5 d,
    withdrawal_delay: {lognormal: {median: 10 min, sigma: 1.6}}}`"""
    interception: Interception
    """Filters of calls and SMS."""
    sites: Sites
    """Blocking of accounts, sites, hosting, apps and diversions."""
    engagement: Engagement
    """Who answers and who believes, and what people have learned."""
    warning: Warning
    """Detectors, tiers and the course of alerts."""
    desks: Desks
    """Officers who call and visit, and when they are on duty."""
    aftermath: Aftermath
    """Reports, recovered money, cases and arrests."""
    measures: dict[Name, Measure] = Field(default_factory=dict)
    """Dated measures of the country, by names of your choice: campaigns, filters, blocking, education, coverage of
    warnings, law, holds, outages. Example: `{banks: {kind: bank_hold, window: [2022-03-01, null], intensity: 0.1}}`"""
    costs: Costs | None = None
    """Costs of staff, false alarms and education; without it a run has no costs."""
    figures: list[schema_population.Figure] = Field(default_factory=list)
    """Reported figures, shown next to the simulated ones. Example: `[{name: victims, window: [2022-01-01, 2022-11-30],
    role: predicted, source: "not published"}]`"""
    evidence: list[schema_population.Evidence] = Field(default_factory=list)
    """Known ranges of quantities inside the model; runs are compared with them. Example: `[{name: recall_call, range:
    [0.6, 0.95], basis: "assumed"}]`"""
    record: schema_population.Record = Field(default_factory=schema_population.Record)
    """Which single events are written. Example: `{events: 0.01}`"""
    sweep: schema_population.Sweep = Field(default_factory=schema_population.Sweep)
    """What tocsin sweep varies by default. Example: `{vary: {desks.visit.staff: [2000, 4000, 8000]}}`"""
    constraints: list[schema_population.Order] = Field(default_factory=list)
    """Orders of values that are known although the values are not; every posterior draw keeps them. Example: `[{order:
    [warning.tiers.red.deadline, warning.tiers.orange.deadline], basis: "a graver tier is not slower"}]`"""
    calibration: schema_population.Calibration = Field(default_factory=schema_population.Calibration)
    """How the calibrated parameters are fitted to the fitted figures. Example: `{scales: [0.005, 0.1], seeds: 8}`"""

    @property
    def terms(self) -> Terms:
        """The country's names of money and channels."""
        return Terms(self.currency, self.channels.names)

    @property
    def age_cuts(self) -> list[int]:
        """Ages in years, rising, at which a group of people begins that some education treats unlike the others."""
        taught = (one.ages for one in self.measures.values() if isinstance(one, Taught) and one.ages is not None)
        return sorted({age for ages in taught for age in (ages[0], oldest(ages) + 1) if age > 0})

    @model_serializer(mode="wrap")
    def _given(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out newer keys at their defaults, so that older scenarios keep their hash."""
        unsaid: dict[str, Any] = {"gangs": None, "accounts": None, "currency": UNITS_OF_MONEY, "channels": {}}
        return {key: value for key, value in write(self).items() if key not in unsaid or value != unsaid[key]}

    @model_validator(mode="after")
    def _agree(self) -> "ScenarioModel":
        """Check every rule between parts: first names, then numbers, then those of pools, which need the others."""
        for rules in (NAMES, NUMBERS, GROWN):
            demand(wrong for rule in rules for wrong in rule(self))
        pooled = self if self.population.pool == schema_population.NO_POOL else self.pooled(self.population.pool)
        demand(wrong_counts(pooled))
        return pooled

    def pooled(self, kind: schema_population.Pool) -> "ScenarioModel":
        """Return the scenario with pools of a kind of ``population.pool`` in place of provinces."""
        pools, parts = self._in_pools(kind)
        if not pools.any:
            return self
        if pools.mistakes:
            raise all_of(pools.errors())
        return self.model_copy(update=parts)

    def _in_pools(self, kind: schema_population.Pool) -> tuple[Pools, dict[str, Any]]:
        """Return pools of a kind, with their mistakes, and the parts of the scenario by pools."""
        population = self.population.model_copy(update={"pool": kind})
        pools = Pools.of(population)
        return pools, {
            "population": pools.population(population),
            "fraud": pools.fraud(self.fraud),
            "desks": pools.desks(self.desks),
            "measures": pools.placed(self.measures, "measures"),
        }

    def pooled_further(self, kind: schema_population.Pool) -> "ScenarioModel | None":
        """Return the scenario with pools of a kind; None if that is impossible or changes nothing."""
        if schema_population.finest(self.population.pool, kind) != kind:
            return None
        try:
            pooled = self.pooled(kind)
        except PydanticCustomError:
            return None
        return None if pooled is self else pooled

    def coarsest(self) -> schema_population.Pool | None:
        """Return the coarsest pool that respects settings of single provinces; None if there is none.

        It is the whole country, or all of it except a few provinces, such as one with its own measure.
        """
        pools, _ = self._in_pools(schema_population.COUNTRY)
        kind: schema_population.Pool = pools.apart or schema_population.COUNTRY
        return None if self.pooled_further(kind) is None else kind
