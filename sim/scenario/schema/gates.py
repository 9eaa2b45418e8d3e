"""The gates before a person is reached: dens, cards, interception, sites; then answering and engagement."""

from pydantic import Field, model_validator

from sim.scenario.bounds import (
    CardLoad,
    CardsPerThousand,
    Count,
    Crew,
    Drift,
    Each,
    Factor,
    HazardRate,
    Probability,
    Ratio,
    Score,
    Sigma,
    Slots,
    TypesPerDen,
)
from sim.scenario.distributions import Distribution
from sim.scenario.scalars import Duration
from sim.scenario.schema.base import HalfHours, Part, PerChannel, demand_sum, mistake


class RegionShares(Part):
    """Shares of the den slots by region; they add up to 1."""

    east: Probability
    south: Probability
    elsewhere: Probability
    overseas: Probability

    @model_validator(mode="after")
    def _add_up(self) -> "RegionShares":
        demand_sum("east", (self.east, self.south, self.elsewhere, self.overseas))
        return self


class Hazard(Part):
    """Hazard of a raid: a rate by region, plus what leads add.

    ``per_lead`` is the yearly raids that one lead (of the country, not of the thinned run) brings about while it
    is fresh; leads come from solved cases, ``leads_per_case`` each, and fade with ``lead_half_life``.
    """

    east: HazardRate
    south: HazardRate
    elsewhere: HazardRate
    overseas: HazardRate
    per_lead: HazardRate
    leads_per_case: Each
    lead_half_life: Duration


class Ringleaders(Part):
    """A den has a ringleader with ``share``; a raid arrests them with ``at_raid``, a lead with a daily rate."""

    share: Probability
    at_raid: Probability
    per_lead: HazardRate


class Dens(Part):
    """Den slots, fixed before the run; generations follow each other in a slot as raids and reopenings go."""

    slots: Slots
    regions: RegionShares
    weight_sigma: Sigma
    types_per_den: TypesPerDen
    crew: Crew
    hazard: Hazard
    reopening: Distribution
    reopening_growth: Ratio
    displaced: Probability
    displaced_to: RegionShares
    ringleaders: Ringleaders
    fixed_raided: list[Count] | None = None

    @model_validator(mode="after")
    def _slots_exist(self) -> "Dens":
        for slot in self.fixed_raided or []:
            if slot >= self.slots:
                raise mistake("fixed_raided", f"names slot {slot}", f"slots 0 to {self.slots - 1}")
        return self


class Cards(Part):
    """The stock of phone cards of a province, as a mean field."""

    per_thousand_people: CardsPerThousand
    flag_share: Probability
    idle_share: Probability
    replacement: Duration
    max_attempts_per_card_day: CardLoad
    fixed_dead_share: Probability | None = None


class Filter(Part):
    """A binormal detector: intercept when N(d', 1) exceeds ``threshold``; legitimate traffic is N(0, 1)."""

    d_prime: Score
    threshold: Score


class Interception(Part):
    """Filters of calls and SMS; gangs adapt day by day, a retraining takes the loss back."""

    call: Filter
    sms: Filter
    type_offset: dict[str, Score] = Field(default_factory=dict)
    adaptation_per_day: Drift
    retraining_every: Duration


class Sites(Part):
    """Blocking: share already taken down of each kind of infrastructure when its measures stand at full intensity."""

    account: Probability
    site: Probability
    domain: Probability
    hosting: Probability
    app: Probability
    diversion: Probability
    promotion: Probability


class ChannelAnswering(Part):
    """Share of attempts answered, read or noticed: without the app, and where the app labels them.

    ``half_hours`` are factors by half hour of the day.
    """

    unknown: Probability
    labelled: Probability
    half_hours: HalfHours


class Answering(PerChannel[ChannelAnswering]):
    """Gate 6: an attempt is answered (call), read (SMS) or noticed (online); ``age_factor`` by age band."""

    age_factor: list[Factor]


class Awareness(Part):
    """Awareness by province and segment, between 0 and 1; it fades, videos and activities renew it.

    ``effect`` is the share by which full awareness lowers engagement; ``per_view`` and ``per_attendance`` the
    share of the missing awareness that one view or one attendance a head closes.
    """

    start: Probability
    half_life: Duration
    effect: Probability
    per_view: Each
    per_attendance: Each


class Engagement(Part):
    """Gates 6 and 7."""

    answering: Answering
    awareness: Awareness
