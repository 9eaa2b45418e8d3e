"""The people: provinces, ages, occupation, internet, the warning app, exposure, legitimate traffic."""

from fractions import Fraction
from typing import Annotated, Literal

from pydantic import Field, model_validator

from sim.scenario.bounds import (
    MOST_PROVINCES,
    Age,
    Code,
    Contacts,
    Factor,
    Men,
    PeopleOfProvince,
    Percent,
    Probability,
    Sigma,
    SomePeople,
)
from sim.scenario.scalars import Day, Duration
from sim.scenario.schema.base import HalfHours, Part, PerChannel, Word, demand_length, demand_sum, mistake
from sim.scenario.tables import Table

NO_POOL, COUNTRY = "none", "country"
"""Provinces by themselves; all of them as one. ``regions`` are those of the table of provinces."""

STAGES_OF_LIFE = 4
MAX_AGE_BANDS = 12


class ProvinceRow(Part):
    """One province of the census table."""

    code: Code
    name: Word
    region: Word
    population: PeopleOfProvince
    share_0_14: Percent
    share_15_59: Percent
    share_60_plus: Percent
    share_65_plus: Percent
    share_urban: Percent
    men_per_100_women: Men


class AgeRow(Part):
    """One five-year age group and its share of the nation; the last one is open (``85+``)."""

    age: Annotated[str, Field(pattern=r"^\d{1,3}(-\d{1,3}|\+)$")]
    share: Probability


StageShares = Annotated[list[Probability], Field(min_length=STAGES_OF_LIFE, max_length=STAGES_OF_LIFE)]


class OccupationShares(Part):
    """Share of each occupation group at each stage of life; the groups are the segments of education."""

    schools: StageShares
    enterprises: StageShares
    rural_areas: StageShares
    communities: StageShares

    @model_validator(mode="after")
    def _add_up(self) -> "OccupationShares":
        for stage in range(STAGES_OF_LIFE):
            groups = (self.schools, self.enterprises, self.rural_areas, self.communities)
            demand_sum("schools", (shares[stage] for shares in groups), f"shares at stage {stage + 1}")
        return self


class Occupation(Part):
    """Occupation groups by urban or rural home and stage of life, whose first ages are ``stages``."""

    stages: Annotated[list[Age], Field(min_length=STAGES_OF_LIFE, max_length=STAGES_OF_LIFE)]
    urban: OccupationShares
    rural: OccupationShares

    @model_validator(mode="after")
    def _rise(self) -> "Occupation":
        if self.stages[0] != 0 or sorted(set(self.stages)) != self.stages:
            raise mistake("stages", f"is {self.stages}", "rising ages that begin with 0")
        return self


class Internet(Part):
    """Share of internet users; ``age_factor`` by age band shifts it within a province and keeps its mean."""

    urban: Probability
    rural: Probability
    age_factor: list[Factor]


class App(Part):
    """Adoption of the anti-fraud app by internet users: a logistic curve in the calendar date."""

    final_share: Probability
    midpoint: Day
    width: Duration


class Exposure(Part):
    """``high_share`` of people draw ``high_contacts`` of all contacts, fraudulent and legitimate."""

    high_share: SomePeople
    high_contacts: Probability


class Legitimate(PerChannel[Contacts]):
    """Legitimate contacts of the whole nation and their profile over the day."""

    half_hours: HalfHours


class Population(Part):
    """Everything that the synthetic population is derived from.

    ``pool`` says which provinces are simulated as one: none, those of a region, or all of the country.
    """

    provinces: Table[ProvinceRow]
    pool: Literal["none", "country", "regions"] = "none"
    ages: Table[AgeRow]
    age_bands: Annotated[list[Age], Field(min_length=1, max_length=MAX_AGE_BANDS)]
    occupation: Occupation
    internet: Internet
    app: App
    exposure: Exposure
    frailty_sigma: Sigma
    victim_before_factor: Factor
    legitimate: Legitimate

    @model_validator(mode="after")
    def _agree(self) -> "Population":
        if self.age_bands[0] != 0 or sorted(set(self.age_bands)) != self.age_bands:
            raise mistake("age_bands", f"is {self.age_bands}", "rising ages that begin with 0")
        demand_length("internet.age_factor", self.internet.age_factor, len(self.age_bands), "age band")
        if not 1 <= len(self.provinces) <= MOST_PROVINCES:
            raise mistake("provinces", f"has {len(self.provinces)} rows", f"1 to {MOST_PROVINCES} provinces")
        if sum(row.population for row in self.provinces) == 0:
            raise mistake("provinces", "has no people", "a population above 0 in some province")
        codes = [row.code for row in self.provinces]
        if sorted(set(codes)) != codes:
            raise mistake("provinces", "codes are not rising", "rows in order of code, each code once")
        if sum(self.legitimate.half_hours) <= 0:
            raise mistake("legitimate.half_hours", "adds up to 0", "some half hour above 0")
        return self

    @property
    def names(self) -> dict[int, str]:
        """The names of the provinces by code, as ``sim.scenario.provinces.code_of`` takes them."""
        return {row.code: row.name for row in self.provinces}

    def internet_users(self) -> int:
        """Return how many people are internet users, by the shares of urban and rural people who are."""
        urban, rural = (Fraction(repr(share)) for share in (self.internet.urban, self.internet.rural))
        online = Fraction(0)
        for row in self.provinces:
            share_urban = Fraction(repr(row.share_urban)) / 100
            online += row.population * (share_urban * urban + (1 - share_urban) * rural)
        return round(online)

    def band_names(self) -> list[str]:
        """Return the names of the age bands, such as ``18-30`` and ``61+``."""
        ends = [f"-{after - 1}" for after in self.age_bands[1:]] + ["+"]
        return [f"{first}{end}" for first, end in zip(self.age_bands, ends, strict=True)]
