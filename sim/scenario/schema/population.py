"""The people: provinces, ages, occupation, internet, the warning app, exposure, legitimate traffic."""

from fractions import Fraction
from typing import Annotated, Any, Final, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from sim.scenario import bounds
from sim.scenario.bounds import (
    MOST_PROVINCES,
    MOST_SEGMENTS,
    Age,
    Code,
    Contacts,
    Factor,
    Men,
    Money,
    PeopleOfProvince,
    Percent,
    Probability,
    Sigma,
    SomePeople,
    Tile,
)
from sim.scenario.errors import choices
from sim.scenario.scalars import Day, Duration, Table
from sim.scenario.schema.base import (
    HalfHours,
    Mistakes,
    Part,
    PerChannel,
    ProvinceCode,
    Sparse,
    Word,
    form,
    mistake,
    wrong_length,
    wrong_sum,
)

NO_POOL: Final = "none"
COUNTRY: Final = "country"
REGIONS: Final = "regions"
"""No pools; all provinces as one pool; one pool for each region of the table of provinces."""

OTHERS = "other provinces"
"""The name of the pool of all provinces that are not apart."""

STAGES_OF_LIFE = 4
MAX_AGE_BANDS = 12


class ProvinceRow(Sparse):
    """One province of the census table."""

    code: Code
    """Code of the province, used in stored runs; rows are in order of code. Unit: none. More: no direction: a name in
    digits. Example: `44`"""
    name: Word
    """Name of the province; it works wherever its code does. Example: `North Coast`"""
    region: Word
    """Region of the province; population.pool: regions pools the provinces of a region. Example: `south`"""
    population: PeopleOfProvince
    """People of the province. Unit: people. More: more attempts, contacts and staff there, since these are shared out
    by people. Example: `126012510`"""
    share_0_14: Percent
    """Share of people under 15. More: a younger province. Example: `18.85`"""
    share_15_59: Percent
    """Share of people aged 15 to 59. More: more people of working age, who engage most. Example: `68.8`"""
    share_60_plus: Percent
    """Share of people aged 60 and over. More: an older province. Example: `12.35`"""
    share_65_plus: Percent
    """Share of people aged 65 and over. More: an older province. Example: `8.58`"""
    share_urban: Percent
    """Share of people who live in towns. More: more internet users, more employees of enterprises. Example: `74.15`"""
    men_per_100_women: Men
    """Men for each hundred women. Unit: men per 100 women. More: fewer women among those whom gangs reach. Example:
    `113.08`"""
    tile_column: Tile | None = None
    """Column of the province on maps of tiles, from the left; without it provinces stand in order of code. Unit: none.
    More: further to the right; no run depends on it. Example: `4`"""
    tile_row: Tile | None = None
    """Row of the province on maps of tiles, from the top; must be given if the column is. Unit: none. More: further
    down; no run depends on it. Example: `6`"""


def is_pool(name: object, region: object) -> bool:
    """Return whether a row has the name of its region: pools always do, provinces hardly ever."""
    return name == region


OF_A_CENSUS = 0.01
"""How far rounded shares of a census may be from 1 together; a province's shares are made to add up to 1."""


class AgeRow(Part):
    """One five-year age group and its share of the nation; the last one is open (``85+``)."""

    age: Annotated[str, Field(pattern=r"^\d{1,3}(-\d{1,3}|\+)$")]
    """Age group of five years, or the open last one. Example: `15-19`"""
    share: Probability
    """Share of the nation's people in this age group. More: more people of this age in every province. Example: `0.052`
    """


StageShares = Annotated[list[Probability], Field(min_length=STAGES_OF_LIFE, max_length=STAGES_OF_LIFE)]


OccupationShares = Annotated[dict[Word, StageShares], Field(min_length=1, max_length=MOST_SEGMENTS)]


class Occupation(Part):
    """Occupation groups by urban or rural home and stage of life; activities address them as segments."""

    stages: Annotated[list[Age], Field(min_length=STAGES_OF_LIFE, max_length=STAGES_OF_LIFE)]
    """Ages at which the four stages of life begin: infancy, school, work, retirement. Unit: years. More: a stage begins
    later. Example: `[0, 6, 23, 60]`"""
    urban: OccupationShares
    """Shares of the groups among urban people, by names of your choice: one share for each stage of life; the shares of
    a stage add up to 1. Unit: share. More: activities for this group reach more people. Example: `{schools: [0, 0.9, 0,
    0], workplaces: [1, 0.1, 1, 1]}`"""
    rural: OccupationShares
    """Shares of the same groups among rural people. Unit: share. More: activities for this group reach more people.
    Example: `{schools: [0, 0.8, 0, 0], workplaces: [1, 0.2, 1, 1]}`"""

    @property
    def segments(self) -> tuple[str, ...]:
        """The names of the groups, in the order of their codes."""
        return tuple(self.urban)

    def _wrong(self) -> Mistakes:
        if self.stages[0] != 0 or sorted(set(self.stages)) != self.stages:
            yield mistake("stages", f"is {self.stages}", "must be rising ages that begin with 0")
        for home, groups in (("urban", self.urban), ("rural", self.rural)):
            for stage, shares in enumerate(zip(*groups.values(), strict=True)):
                yield from wrong_sum(f"{home}.{next(iter(groups))}", shares, f"shares at stage {stage + 1}")
        for name in self.rural:
            if name not in self.urban:
                yield mistake(f"rural.{name}", "is not a group of urban", choices(name, self.urban))
        for name in self.urban:
            if name not in self.rural:
                yield mistake(f"rural.{name}", "is missing", "must have all groups of urban")


class Internet(Part):
    """Share of internet users; ``age_factor`` by age band shifts it within a province and keeps its mean."""

    urban: Probability
    """Share of urban people who use the internet. More: more people for online fraud, and for the app. Example: `0.829`
    """
    rural: Probability
    """Share of rural people who use the internet. More: more people for online fraud, and for the app. Example: `0.588`
    """
    age_factor: list[Factor]
    """By age band, factor of the mean share of internet users; the mean of a province is kept. Unit: factor. More: more
    internet users of that age, fewer of the others. Example: `[0.85, 1.18, 1.18, 1.14, 1, 0.6]`"""


class App(Part):
    """Adoption of the anti-fraud app by internet users: a logistic curve in the calendar date."""

    final_share: Probability
    """Share of internet users who finally have the anti-fraud app. More: more calls labelled, more warnings by app.
    Example: `0.45`"""
    midpoint: Day
    """Day on which half of the final users have it. Later: people get the app later. Example: `2021-08-20`"""
    width: Duration
    """Duration of the spread: it goes from a quarter to three quarters of the final users in about twice this time.
    More: a slower spread. Example: `45 d`"""


class Exposure(Part):
    """``high_share`` of people attract ``high_contacts`` of all contacts, fraudulent and legitimate."""

    high_share: SomePeople
    """Share of people who attract many contacts. More: contacts are spread over more people. Example: `0.1`"""
    high_contacts: Probability
    """Share of all contacts, fraudulent or not, that these people attract. More: contacts meet the same few people more
    often. Example: `0.5`"""


class Legitimate(PerChannel[Contacts]):
    """Legitimate contacts of the whole nation and their profile over the day."""

    call: Contacts
    """Ordinary calls of the whole country that a filter or a detector could mistake for fraud. More: more false blocks
    and false alarms, at the same thresholds. Example: `1e12 per year`"""
    sms: Contacts
    """Ordinary SMS of the whole country that a filter or a detector could mistake for fraud. More: more false blocks
    and false alarms, at the same thresholds. Example: `1.75e12 per year`"""
    online: Contacts
    """Ordinary contacts by strangers online, of the whole country, that a detector could mistake for fraud. More: more
    false alarms, at the same thresholds. Example: `0.8e12 per year`"""
    half_hours: HalfHours
    """Profile of ordinary contacts over the 48 half hours of a day; only ratios matter. Unit: weight. More: more of the
    day's contacts in that half hour. Example: `[0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]`"""


class TransferAmount(Part):
    """Amounts of legitimate transfers: lognormal in units of money."""

    median: Money
    """Median amount of a transfer to somebody else. More: more transfers are above an amount. Example: `500`"""
    sigma: Sigma
    """Standard deviation of the logarithm of amounts. More: more very large transfers. Example: `1.8`"""


class Transfers(Sparse):
    """Legitimate transfers to other people, which banks delay or stop by mistake: counted only if a measure does so."""

    number: bounds.Transfers
    """Transfers to other people by each person whose age_factor is 1. More: more legitimate transfers are delayed or
    stopped. Example: `0.05 per day`"""
    amount: TransferAmount
    """Amounts of these transfers."""
    new_payee: Probability
    """Share of these transfers that are the first to a payee. More: more of them wait if first transfers do. Example:
    `0.1`"""
    age_factor: list[Factor] | None = None
    """Factors of the number of transfers, one for each band of age_bands; without it they are 1. Unit: factor. More:
    people of that band make more transfers. Example: `[0, 1, 1, 1, 0.8, 0.5]`"""


class Apart(Part):
    """A pool of all provinces except some, each of which is simulated separately."""

    apart: Annotated[list[ProvinceCode], Field(min_length=1, max_length=MOST_PROVINCES)]
    """Provinces that are simulated separately while all others are one pool, by name or code. Example: `[44]`"""

    def __hash__(self) -> int:
        """Return the hash of its provinces."""
        return hash(tuple(self.apart))

    def __str__(self) -> str:
        """Return it as a scenario writes it."""
        return f"{{apart: [{', '.join(map(str, self.apart))}]}}"


PoolWord = Literal["none", "country", "regions"]


Pool = Annotated[Annotated[PoolWord, Tag("plain")] | Annotated[Apart, Tag("map")], Discriminator(form)]
"""Which provinces are simulated as one."""


def plain_pool(pool: Pool) -> Any:
    """Return a pool as a plain value of a scenario."""
    return {"apart": list(pool.apart)} if isinstance(pool, Apart) else pool


def finest(one: Pool, other: Pool) -> Pool:
    """Return the finest pools that can be made from both kinds of pools."""
    if NO_POOL in (one, other):
        return other if one == NO_POOL else one
    if isinstance(one, Apart) and isinstance(other, Apart):
        both = [code for code in one.apart if code in other.apart]
        return Apart(apart=both) if both else COUNTRY
    return one if one == other else COUNTRY


class Population(Sparse):
    """Everything that the synthetic population is derived from.

    ``pool`` says which provinces are simulated as one: none, those of a region, the whole country, or all except some.
    """

    provinces: Table[ProvinceRow]
    """Table of provinces: rows, or the name of a CSV file next to the scenario. Example: `example_provinces.csv`"""
    pool: Pool = "none"
    """Which provinces are simulated as one: none, those of each region (regions), the whole country, or all except
    those in apart, for questions about one province. Example: `{apart: [44]}`"""
    ages: Table[AgeRow]
    """Table of the nation's age groups: rows, or the name of a CSV file next to the scenario. Example:
    `example_ages.csv`"""
    age_bands: Annotated[list[Age], Field(min_length=1, max_length=MAX_AGE_BANDS)]
    """Ages at which the age bands begin; people differ and results are reported by age band. Unit: years. More: a band
    begins later. Example: `[0, 18, 31, 41, 51, 61]`"""
    occupation: Occupation
    """Occupations; they decide which activities of education reach people."""
    internet: Internet
    """Who uses the internet."""
    app: App
    """How the anti-fraud app spreads."""
    exposure: Exposure
    """How unevenly contacts meet people."""
    frailty_sigma: Sigma
    """Spread of how easily people of one age and sex are deceived: sigma of a lognormal factor with mean 1. More:
    engagement concentrates on fewer people. Example: `0.8`"""
    victim_before_factor: Factor
    """Factor of the probability to engage for former victims. Unit: factor. More: more people become victims again.
    Example: `2`"""
    legitimate: Legitimate
    """Ordinary contacts, the source of false alarms."""
    transfers: Transfers | None = None
    """Legitimate transfers to other people; without it those that banks delay or stop are not counted. Example:
    `{number: 0.05 per day, amount: {median: 500, sigma: 1.8}, new_payee: 0.1}`"""

    @model_validator(mode="after")
    def _sorted(self) -> "Population":
        """Sort the names of provinces apart: their order makes no difference to the scenario."""
        if not isinstance(self.pool, Apart):
            return self
        return self.model_copy(update={"pool": Apart(apart=sorted(set(self.pool.apart)))})

    def _wrong(self) -> Mistakes:
        if self.transfers is not None and self.transfers.age_factor is not None:
            key = "transfers.age_factor"
            yield from wrong_length(key, self.transfers.age_factor, len(self.age_bands), "age band")
        if self.age_bands[0] != 0 or sorted(set(self.age_bands)) != self.age_bands:
            yield mistake("age_bands", f"is {self.age_bands}", "must be rising ages that begin with 0")
        yield from wrong_sum("ages", (row.share for row in self.ages), within=OF_A_CENSUS)
        yield from wrong_length("internet.age_factor", self.internet.age_factor, len(self.age_bands), "age band")
        if not 1 <= len(self.provinces) <= MOST_PROVINCES:
            yield mistake("provinces", f"has {len(self.provinces)} rows", f"must have 1 to {MOST_PROVINCES} provinces")
        elif sum(row.population for row in self.provinces) == 0:
            yield mistake("provinces", "has no people", "some province must have people")
        codes = [row.code for row in self.provinces]
        if sorted(set(codes)) != codes:
            yield mistake("provinces", "codes do not rise", "rows must be in order of code, each code once")
        yield from self._wrongly_apart()
        known = {(row.tile_column, row.tile_row) for row in self.provinces}
        if known != {(None, None)} and (len(known) < len(codes) or any(None in tile for tile in known)):
            allowed = "either all provinces must have one, each a different one, or none"
            what = "has provinces without their own tile (tile_column, tile_row)"
            yield mistake("provinces", what, allowed)
        if sum(self.legitimate.half_hours) <= 0:
            yield mistake("legitimate.half_hours", "adds up to 0", "some half hour must be above 0")

    def _wrongly_apart(self) -> Mistakes:
        """Find provinces that cannot be apart: unknown ones, or all of them, which would leave none for a pool."""
        if not isinstance(self.pool, Apart):
            return
        strangers = {at: code for at, code in enumerate(self.pool.apart) if code not in self.names}
        for at, code in strangers.items():
            yield mistake(f"pool.apart.{at}", f"names province {code}", "must be codes of population.provinces")
        others = [row for row in self.provinces if row.code not in self.pool.apart]
        if strangers or len(others) > 1 or (others and is_pool(others[0].name, others[0].region)):
            return
        left = f"only {others[0].name}, and a pool needs two provinces" if others else "no province for a pool"
        yield mistake("pool.apart", f"leaves {left}", f"name fewer provinces, or use population.pool: {NO_POOL}")

    @property
    def names(self) -> dict[int, str]:
        """The names of the provinces by code, as ``sim.scenario.provinces.code_of`` takes them."""
        return {row.code: row.name for row in self.provinces}

    @property
    def people(self) -> dict[int, int]:
        """The people of the provinces by code."""
        return {row.code: row.population for row in self.provinces}

    def internet_users(self) -> int:
        """Return the number of internet users, from their shares of urban and rural people."""
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
