"""The people, and what is known of the outcome.

The people: provinces, ages, occupation, internet, the warning app, exposure, legitimate traffic.

What no simulated day depends on: reported figures, shown next to the simulated ones; evidence, known ranges of
quantities inside the model, to compare with runs; settings of event logs, sweeps and calibration.
"""

from collections.abc import Sequence
from fractions import Fraction
from math import inf
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from sim.base.words import DESK_LABELS, Role, Tier
from sim.scenario import bounds
from sim.scenario.bounds import CsvFile, Day, Duration, Switch, Table, Window
from sim.scenario.errors import choices
from sim.scenario.schema import base as schema_base
from sim.scenario.schema.base import Mistakes, mistake, unknown, wrong_length, wrong_sum

NO_POOL: Final = "none"
COUNTRY: Final = "country"
REGIONS: Final = "regions"
"""No pools; all provinces as one pool; one pool for each region of the table of provinces."""

STAGES_OF_LIFE = 4
MAX_AGE_BANDS = 12


class ProvinceRow(schema_base.Sparse):
    """One province of the census table."""

    code: bounds.Code
    """Code of the province, used in stored runs; rows are in order of code. Unit: none. More: no direction: a name in
    digits. Example: `44`"""
    name: schema_base.Word
    """Name of the province; it works wherever its code does. Example: `North Coast`"""
    region: schema_base.Word
    """Region of the province; population.pool: regions pools the provinces of a region. Example: `south`"""
    population: bounds.PeopleOfProvince
    """People of the province. Unit: people. More: more attempts, contacts and staff there, since these are shared out
    by people. Example: `126012510`"""
    share_0_14: bounds.Percent
    """Share of people under 15. More: a younger province. Example: `18.85`"""
    share_15_59: bounds.Percent
    """Share of people aged 15 to 59. More: more people of working age, who engage most. Example: `68.8`"""
    share_60_plus: bounds.Percent
    """Share of people aged 60 and over. More: an older province. Example: `12.35`"""
    share_65_plus: bounds.Percent
    """Share of people aged 65 and over. More: an older province. Example: `8.58`"""
    share_urban: bounds.Percent
    """Share of people who live in towns. More: more internet users, more employees of enterprises. Example: `74.15`"""
    men_per_100_women: bounds.Men
    """Men for each hundred women. Unit: men per 100 women. More: fewer women among those whom gangs reach. Example:
    `113.08`"""
    tile_column: bounds.Tile | None = None
    """Column of the province on maps of tiles, from the left; without it provinces stand in order of code. Unit: none.
    More: further to the right; no run depends on it. Example: `4`"""
    tile_row: bounds.Tile | None = None
    """Row of the province on maps of tiles, from the top; must be given if the column is. Unit: none. More: further
    down; no run depends on it. Example: `6`"""


def is_pool(name: object, region: object) -> bool:
    """Return whether a row has the name of its region: pools always do, provinces hardly ever."""
    return name == region


OF_A_CENSUS = 0.01
"""How far rounded shares of a census may be from 1 together; a province's shares are made to add up to 1."""


class AgeRow(schema_base.Part):
    """One five-year age group and its share of the nation; the last one is open (``85+``)."""

    age: Annotated[str, Field(pattern=r"^\d{1,3}(-\d{1,3}|\+)$")]
    """Age group of five years, or the open last one. Example: `15-19`"""
    share: bounds.Probability
    """Share of the nation's people in this age group. More: more people of this age in every province. Example: `0.052`
    """


StageShares = Annotated[list[bounds.Probability], Field(min_length=STAGES_OF_LIFE, max_length=STAGES_OF_LIFE)]


OccupationShares = Annotated[dict[schema_base.Word, StageShares], Field(min_length=1, max_length=bounds.MOST_SEGMENTS)]


class Occupation(schema_base.Part):
    """Occupation groups by urban or rural home and stage of life; activities address them as segments."""

    stages: Annotated[list[bounds.Age], Field(min_length=STAGES_OF_LIFE, max_length=STAGES_OF_LIFE)]
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
        yield from schema_base.wrong_ages("stages", self.stages)
        for home, groups in (("urban", self.urban), ("rural", self.rural)):
            for stage, shares in enumerate(zip(*groups.values(), strict=True)):
                yield from wrong_sum(f"{home}.{next(iter(groups))}", shares, f"shares at stage {stage + 1}")
        yield from unknown("rural", self.rural, self.urban, "is not a group of urban")
        for name in self.urban:
            if name not in self.rural:
                yield mistake(f"rural.{name}", "is missing", "must have all groups of urban")


class Internet(schema_base.Part):
    """Share of internet users; ``age_factor`` by age band shifts it within a province and keeps its mean."""

    urban: bounds.Probability
    """Share of urban people who use the internet. More: more people for online fraud, and for the app. Example: `0.829`
    """
    rural: bounds.Probability
    """Share of rural people who use the internet. More: more people for online fraud, and for the app. Example: `0.588`
    """
    age_factor: list[bounds.Factor]
    """By age band, factor of the mean share of internet users; the mean of a province is kept. Unit: factor. More: more
    internet users of that age, fewer of the others. Example: `[0.85, 1.18, 1.18, 1.14, 1, 0.6]`"""


class App(schema_base.Part):
    """Adoption of the anti-fraud app by internet users: a logistic curve in the calendar date."""

    final_share: bounds.Probability
    """Share of internet users who finally have the anti-fraud app. More: more calls labelled, more warnings by app.
    Example: `0.45`"""
    midpoint: Day
    """Day on which half of the final users have it. Later: people get the app later. Example: `2021-08-20`"""
    width: Duration
    """Duration of the spread: it goes from a quarter to three quarters of the final users in about twice this time.
    More: a slower spread. Example: `45 d`"""


class Exposure(schema_base.Part):
    """``high_share`` of people attract ``high_contacts`` of all contacts, fraudulent and legitimate."""

    high_share: bounds.SomePeople
    """Share of people who attract many contacts. More: contacts are spread over more people. Example: `0.1`"""
    high_contacts: bounds.Probability
    """Share of all contacts, fraudulent or not, that these people attract. More: contacts meet the same few people more
    often. Example: `0.5`"""


class Legitimate(schema_base.PerChannel[bounds.Contacts]):
    """Legitimate contacts of the whole nation and their profile over the day."""

    call: bounds.Contacts
    """Ordinary calls of the whole country that a filter or a detector could mistake for fraud. More: more false blocks
    and false alarms, at the same thresholds. Example: `1e12 per year`"""
    sms: bounds.Contacts
    """Ordinary SMS of the whole country that a filter or a detector could mistake for fraud. More: more false blocks
    and false alarms, at the same thresholds. Example: `1.75e12 per year`"""
    online: bounds.Contacts
    """Ordinary contacts by strangers online, of the whole country, that a detector could mistake for fraud. More: more
    false alarms, at the same thresholds. Example: `0.8e12 per year`"""
    half_hours: schema_base.HalfHours
    """Profile of ordinary contacts over the 48 half hours of a day; only ratios matter. Unit: weight. More: more of the
    day's contacts in that half hour. Example: `[0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]`"""


class TransferAmount(schema_base.Part):
    """Amounts of legitimate transfers: lognormal in units of money."""

    median: bounds.Money
    """Median amount of a transfer to somebody else. More: more transfers are above an amount. Example: `500`"""
    sigma: bounds.Sigma
    """Standard deviation of the logarithm of amounts. More: more very large transfers. Example: `1.8`"""


class Transfers(schema_base.Sparse):
    """Legitimate transfers to other people, which banks delay or stop by mistake: counted only if a measure does so."""

    number: bounds.Transfers
    """Transfers to other people by each person whose age_factor is 1. More: more legitimate transfers are delayed or
    stopped. Example: `0.05 per day`"""
    amount: TransferAmount
    """Amounts of these transfers."""
    new_payee: bounds.Probability
    """Share of these transfers that are the first to a payee. More: more of them wait if first transfers do. Example:
    `0.1`"""
    age_factor: list[bounds.Factor] | None = None
    """Factors of the number of transfers, one for each band of age_bands; without it they are 1. Unit: factor. More:
    people of that band make more transfers. Example: `[0, 1, 1, 1, 0.8, 0.5]`"""


class Apart(schema_base.Part):
    """A pool of all provinces except some, each of which is simulated separately."""

    apart: Annotated[list[bounds.ProvinceCode], Field(min_length=1, max_length=bounds.MOST_PROVINCES)]
    """Provinces that are simulated separately while all others are one pool, by name or code. Example: `[44]`"""

    def __hash__(self) -> int:
        """Return the hash of its provinces."""
        return hash(tuple(self.apart))

    def __str__(self) -> str:
        """Return it as a scenario writes it."""
        return f"{{apart: [{', '.join(map(str, self.apart))}]}}"


PoolWord = Literal["none", "country", "regions"]


Pool = Annotated[Annotated[PoolWord, Tag("plain")] | Annotated[Apart, Tag("map")], Discriminator(schema_base.form)]
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


class Population(schema_base.Sparse):
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
    age_bands: Annotated[list[bounds.Age], Field(min_length=1, max_length=MAX_AGE_BANDS)]
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
    frailty_sigma: bounds.Sigma
    """Spread of how easily people of one age and sex are deceived: sigma of a lognormal factor with mean 1. More:
    engagement concentrates on fewer people. Example: `0.8`"""
    victim_before_factor: bounds.Factor
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
        yield from schema_base.wrong_ages("age_bands", self.age_bands)
        yield from wrong_sum("ages", (row.share for row in self.ages), within=OF_A_CENSUS)
        for key, part in (("internet", self.internet), ("transfers", self.transfers)):
            if part is not None and part.age_factor is not None:
                yield from wrong_length(f"{key}.age_factor", part.age_factor, len(self.age_bands), "age band")
        if not 1 <= len(self.provinces) <= bounds.MOST_PROVINCES:
            allowed = f"must have 1 to {bounds.MOST_PROVINCES} provinces"
            yield mistake("provinces", f"has {len(self.provinces)} rows", allowed)
        elif sum(row.population for row in self.provinces) == 0:
            yield mistake("provinces", "has no people", "some province must have people")
        codes = [row.code for row in self.provinces]
        if sorted(set(codes)) != codes:
            yield mistake("provinces", "codes do not rise", "rows must be in order of code, each code once")
        yield from self._wrongly_apart()
        known = {(row.tile_column, row.tile_row) for row in self.provinces}
        if known != {(None, None)} and (len(known) < len(codes) or any(None in tile for tile in known)):
            what = "has provinces without their own tile (tile_column, tile_row)"
            yield mistake("provinces", what, "either all provinces must have one, each a different one, or none")
        yield from schema_base.all_zero("legitimate.half_hours", self.legitimate.half_hours, "half hour")

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
        in_towns = sum(row.population * Fraction(repr(row.share_urban)) for row in self.provinces) / 100
        return round(in_towns * urban + (sum(self.people.values()) - in_towns) * rural)

    def band_names(self) -> list[str]:
        """Return the names of the age bands, such as ``18-30`` and ``61+``."""
        ends = [f"-{after - 1}" for after in self.age_bands[1:]] + ["+"]
        return [f"{first}{end}" for first, end in zip(self.age_bands, ends, strict=True)]


class Figure(schema_base.Part):
    """A figure to show next to the simulated one: put in, fitted, predicted, or context.

    Only a prediction may have no value, because nothing is reported yet. ``standard_error`` is the spread between seeds
    of runs of the whole country, ``sampling_error`` the part of it that grows in sampled runs, ``interval`` the 90%
    interval of the posterior's prediction. All are in the unit of the figure.
    """

    name: Annotated[str, Field(min_length=1, max_length=200, pattern=schema_base.ONE_LINE)]
    """Quantity that is counted, such as victims, or its change: the name with _change behind it. Quantities of people
    and their money may have a fraud type or an age band behind a dot, cases also a channel, such as sms, or a channel
    and a class of fraud.classes, such as call.abroad. Example: `cases_filed.loan_credit`"""
    window: Window
    """Days over which it is counted. Example: `[2022-01-01, 2022-11-30]`"""
    base: Window | None = None
    """Earlier days with which a change compares; only for names that end in _change. Example: `[2021-01-01,
    2021-11-30]`"""
    value: bounds.Reported | Day | None = None
    """Reported value: a count, money for losses, a fraction for changes, or a date. Only a predicted figure may omit
    it. Unit: as the quantity. More: a larger reported figure; no run depends on it. Example: `391000`"""
    role: Literal["input", "fitted", "predicted", "context"]
    """How the figure was used: input (put in), fitted (parameters were fitted to it), predicted (compared afterwards)
    or context (counted by another definition, or over days that are not known: shown, and not judged). Example:
    `fitted`"""
    tolerance: bounds.Tolerance | None = None
    """Largest difference that still counts as met, as a share of the reported figure; for a change in absolute terms.
    Unit: share. More: a looser test. Example: `0.01`"""
    standard_error: bounds.StandardError | None = None
    """Spread of the figure between runs of the whole country with other seeds. Unit: as the quantity. More: run-to-run
    noise may explain more of a difference. Example: `5702000`"""
    sampling_error: bounds.StandardError | None = None
    """Part of standard_error that comes from sampling single people and grows as 1 / sqrt(scale) in a sampled run; the
    rest (which dens are raided) is the same at every scale. Without it all of standard_error. Unit: as the quantity.
    More: small runs may differ more by run-to-run noise. Example: `42700`"""
    interval: Annotated[list[bounds.Reported], Field(min_length=2, max_length=2)] | None = None
    """Lower and upper end of the prediction's 90% interval. Unit: as the quantity. More: a higher prediction. Example:
    `[1738000000, 1887000000]`"""
    source: str
    """Who reported it, where and when. Example: `"Xinhua, 17 August 2022"`"""

    def _wrong(self) -> Mistakes:
        if self.value is None and self.role != "predicted":
            allowed = "must be the reported number or date (only a predicted figure may omit it)"
            yield mistake("value", f"is missing, but the figure is {self.role}", allowed)
        elif self.role == "context" and self.tolerance is not None:
            allowed = "must be left out: nobody can say whether a figure of another definition is met"
            yield mistake("tolerance", "is given, but the figure is context", allowed)
        elif self.sampling_error is not None and self.sampling_error > (self.standard_error or 0):
            allowed = "must be at most standard_error, which must be given"
            yield mistake("sampling_error", f"is {self.sampling_error:g}", allowed)
        elif self.interval is not None and self.interval[0] > self.interval[1]:
            yield mistake("interval", "begins above its end", "low must be at most high")


FRAUD_TYPE, AGE_BAND, PROVINCE, ROLE = "fraud type", "age band", "province", "role"

NAMED = {
    "share_of_cases": FRAUD_TYPE,
    "share_of_losses": FRAUD_TYPE,
    "share_of_victims": AGE_BAND,
    "share_of_suspects": ROLE,
    "local_alerts_share": PROVINCE,
}
"""Quantities whose name has another behind a dot, such as ``share_of_cases.loan``, and what that names."""

LOSS_SIGMA = "loss_sigma"
LOSSES = ("loss_mean", "loss_median", LOSS_SIGMA)
"""Quantities of the lognormal distribution of losses."""

SHARES = (
    *("share_of_cases", "share_of_victims", "share_of_suspects", "women_among_victims", "cases_per_victim"),
    *("reports_within_1h", "reports_1h_to_12h", "reports_12h_to_24h", "reports_later", "dropout_given_engaged"),
    *("recall_call", "recall_sms", "false_blocks_call", "false_blocks_sms", "unknown_calls_answered"),
    *("alert_precision", "alerts_on_episodes", "call_share_of_alerts", "visit_share_of_alerts"),
    *("warning_calls_answered", "local_alerts_share"),
    *(f"{name}_{tier}" for name in ("alert_precision", "expired", "reached") for tier in Tier.labels()),
)
"""Quantities that are shares of people, cases or contacts that somebody can count."""

QUANTITIES: dict[str, str | None] = {
    name: NAMED.get(name)
    for name in (
        *SHARES,
        *LOSSES,
        *("share_of_losses", "recovered_share_of_losses", "cases_per_year", "attempts_per_card_day", "app_users"),
        *("alert_peak_to_mean", "calls_per_staff_day", "visits_per_day", "contacts_per_instruction"),
        *(f"{what}_{desk}" for what in ("staff_on_duty", "utilisation", "utilisation_peak") for desk in DESK_LABELS),
        *(f"first_contact_{tier}" for tier in Tier.labels()),
    )
}
"""Quantities of evidence, and the kind of name that follows the dot.

``sim.reading.evidence`` computes them; section 9 of docs/model.md defines them.
"""


class Evidence(schema_base.Sparse):
    """Evidence on one quantity: a range, perhaps a value in it, and its source.

    ``by: month`` says that each calendar month of the window is in the range on its own.
    """

    newer: ClassVar = ("count", "spread", "claimed")

    name: Annotated[str, Field(max_length=200, pattern=schema_base.ONE_LINE), bounds.Naming("quantity")]
    """Quantity that is known, some with a fraud type, age band, province or role of suspects behind a dot. Example:
    `local_alerts_share.44`"""
    window: Window | None = None
    """Days for which it is known; without it the whole period. Example: `[2022-01-01, 2022-11-30]`"""
    by: Literal["month"] | None = None
    """month: each calendar month of the window must be in the range on its own. Example: `month`"""
    value: bounds.Reported | None = None
    """Most likely value. Unit: as the quantity. More: a higher expectation; no run depends on it. Example: `0.29`"""
    range: Annotated[list[bounds.Reported], Field(min_length=2, max_length=2)]
    """Known range: lower and upper end. Unit: as the quantity. More: a higher expectation; no run depends on it.
    Example: `[0.15, 0.45]`"""
    basis: Annotated[str, Field(min_length=1, pattern=schema_base.ONE_LINE)]
    """Source of the knowledge. Example: `"Zhengzhou 2022"`"""
    count: bounds.Counted | None = None
    """Number of people or cases that were counted for the value. A calibration then takes the value and the error of
    this count instead of the middle and the width of the range. Unit: people or cases. More: the value is known better.
    Example: `513`"""
    spread: bounds.Sigma | None = None
    """Standard deviation between places and years, added to the error of the count: log units, or logits for a share.
    Unit: log units. More: the value says less about the country. Example: `0.4`"""
    claimed: Switch | None = None
    """Whether it is a claim whose definition is not known: it is shown next to the quantity, never judged or fitted.
    Example: `on`"""

    def _wrong(self) -> Mistakes:
        low, high = self.range
        quantity = self.name.partition(".")[0]
        if low > high:
            yield mistake("range", f"[{low:g}, {high:g}] begins above its end", "low must be at most high")
        elif self.value is not None and not low <= self.value <= high:
            yield mistake("value", f"{self.value:g} is outside its range", f"must be in [{low:g}, {high:g}]")
        elif self.count is None:
            if self.spread is not None:
                yield mistake("spread", "there is no count", "add count, or remove spread")
        elif quantity not in SHARES and quantity not in LOSSES:
            yield mistake("count", f"'{self.name}' is not a share of people or cases", "remove count")
        else:
            top = inf if quantity in LOSSES else 1.0
            if self.value is None or not 0.0 < self.value < top:
                what = "a count needs a value" if self.value is None else f"{self.value:g} with a count"
                yield mistake("value", what, "must be above 0" + (" and below 1" if top == 1.0 else ""))


def _uncertain_losses(evidence: Sequence[Evidence]) -> Mistakes:
    """Find counts of a mean or median loss whose error is unknown, since no row gives the sigma of losses."""
    if any(row.name == LOSS_SIGMA and row.value is not None for row in evidence):
        return
    for number, row in enumerate(evidence):
        if row.count is not None and row.name in LOSSES and row.name != LOSS_SIGMA:
            what = f"the error of '{row.name}' needs the sigma of losses"
            yield mistake(f"evidence.{number}.count", what, f"add a row {LOSS_SIGMA} with a value")


def wrong_rows(
    evidence: Sequence[Evidence], fraud_types: Sequence[str], age_bands: Sequence[str], provinces: Sequence[str]
) -> Mistakes:
    """Find unknown quantities, those of an unknown fraud type, age band, province or role, and uncertain losses."""
    known = {FRAUD_TYPE: fraud_types, AGE_BAND: age_bands, PROVINCE: provinces, ROLE: Role.labels()}
    forms = [f"{name}.{kind.replace(' ', '_').upper()}" if kind else name for name, kind in QUANTITIES.items()]
    for number, row in enumerate(evidence):
        key = f"evidence.{number}.name"
        name, dot, of = row.name.partition(".")
        kind = QUANTITIES.get(name)
        if name not in QUANTITIES or (dot and kind is None):
            yield mistake(key, f"'{row.name}' is not a quantity", choices(row.name, forms, len(forms)))
        elif kind is not None and of not in known[kind]:
            a_kind = f"{'an' if kind == AGE_BAND else 'a'} {kind}"
            what = f"'{of}' is not {a_kind}" if dot else f"'{name}' must name {a_kind}: {name}.{known[kind][0]}"
            yield mistake(key, what, choices(of, known[kind]))
    yield from _uncertain_losses(evidence)


Family = Literal["alerts", "cards", "cases", "dens", "interceptions", "money", "suspects"]
"""Families of figures, each with its own discrepancy of the model."""


class Record(schema_base.Part):
    """Which events are written: none, all, or those of a share of attempts and contacts."""

    events: Literal["none", "all"] | bounds.Probability = "none"
    """Which events are logged one by one: none, all, or those of a share of all attempts and contacts. Unit: share, or
    a word. More: a larger log; results stay the same. Example: `0.01`"""


class Sweep(schema_base.Part):
    """Parameters to vary, each with its values, and how they are combined."""

    design: Literal["grid", "sobol", "lhs"] = "grid"
    """How values are combined: grid (every combination), or sobol or lhs (points spread evenly over the ranges).
    Example: `grid`"""
    samples: bounds.Samples | None = None
    """Points of a design other than grid. Unit: points. More: a denser design and as many more runs. Example: `64`"""
    vary: dict[bounds.DottedKey, list[str | float | int | bool]] = Field(default_factory=dict)
    """Parameters to vary, by dotted key, each with its values or, for a design other than grid, with both ends of a
    range. Unit: as the parameter. More: another value tried. Example: `{desks.visit.staff: [2000, 4000, 8000]}`"""


class Order(schema_base.Part):
    """Parameters whose values are known to be ordered."""

    order: Annotated[list[bounds.DottedKey], Field(min_length=2)]
    """Dotted keys of numbers with a range, from the smallest value to the largest; equal values are allowed. Example:
    `[warning.tiers.red.deadline, warning.tiers.orange.deadline]`"""
    basis: Annotated[str, Field(min_length=1)]
    """Why the order is known. Example: `a graver tier is not slower`"""


class Calibration(schema_base.Part):
    """How the calibrated parameters are fitted to the fitted figures.

    ``parameters`` are the dotted keys that may move; an empty list means all with a range. ``scales`` are those of the
    runs, from coarse to fine, with ``seeds`` replicates each. ``members`` is the size of the posterior's ensemble, 0
    for none. ``evidence`` constrains the posterior in addition to the figures, and ``discrepancy`` is how far off the
    figures of a family are at best. ``draws`` names the table of posterior draws, see ``sim.scenario.merging``.
    """

    parameters: list[bounds.DottedKey] = Field(default_factory=list)
    """Dotted keys of the parameters that may move; an empty list means all with a range, except costs. Example:
    `[fraud.volumes.call.level]`"""
    scales: Annotated[list[bounds.Scale], Field(min_length=1)] = Field(default_factory=lambda: [0.005, 1.0])
    """Scales of the runs of the fit, from coarse to fine; expectations use the last. Unit: share of the country. More:
    slower, and less run-to-run noise in the fit. Example: `[0.005, 0.02]`"""
    seeds: bounds.Seeds = 8
    """Replicates averaged at each scale. Unit: runs. More: slower, and less run-to-run noise in the fit. Example: `8`
    """
    members: bounds.Members = 0
    """Posterior draws in the ensemble; 0 makes none. Unit: draws. More: slower, and a better picture of the
    uncertainty. Example: `240`"""
    derived: list[bounds.DottedKey] = Field(default_factory=list)
    """Dotted keys of values that a calibration leaves out of its runs: each run then finds its own, and the calibration
    writes them into the file and into each draw. Example: `[gangs.answer.usual]`"""
    discrepancy: dict[Family, bounds.Discrepancy] = Field(default_factory=dict)
    """By family of figures, how far the model is off at its best parameters: a standard deviation. Unit: share of a
    level. More: wider intervals, and figures that constrain less. Example: `{cases: 0.04}`"""
    evidence: list[Annotated[str, bounds.Naming("quantity")]] = Field(default_factory=list)
    """Names of evidence that constrains the posterior, in addition to the figures. Example: `[recall_call, loss_mean]`
    """
    draws: CsvFile | None = Field(default=None, exclude=True)
    """Name of the CSV file of posterior draws, stored next to the scenario. Example: `week-draws.csv`"""
