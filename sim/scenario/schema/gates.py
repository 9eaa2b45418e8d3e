"""The gates before a person is reached: dens, cards, interception, sites; then answering and engagement."""

from typing import Annotated

from pydantic import Field, model_validator

from sim.scenario.distributions import Distribution
from sim.scenario.scalars import Count, Duration, Finite, NonNegative, Positive, Probability, RateOrZero
from sim.scenario.schema.base import HalfHours, Part, PerChannel, demand_sum, mistake

MAX_SLOTS = 65_536
MAX_TYPES_PER_DEN = 32


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

    east: RateOrZero
    south: RateOrZero
    elsewhere: RateOrZero
    overseas: RateOrZero
    per_lead: RateOrZero
    leads_per_case: NonNegative
    lead_half_life: Duration


class Ringleaders(Part):
    """A den has a ringleader with ``share``; a raid arrests them with ``at_raid``, a lead with a daily rate."""

    share: Probability
    at_raid: Probability
    per_lead: RateOrZero


class Dens(Part):
    """Den slots, fixed before the run; generations follow each other in a slot as raids and reopenings go."""

    slots: Annotated[int, Field(ge=1, le=MAX_SLOTS)]
    regions: RegionShares
    weight_sigma: NonNegative
    types_per_den: Annotated[int, Field(ge=1, le=MAX_TYPES_PER_DEN)]
    crew: NonNegative
    hazard: Hazard
    reopening: Distribution
    reopening_growth: Positive
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

    per_thousand_people: Positive
    flag_share: Probability
    idle_share: Probability
    replacement: Duration
    max_attempts_per_card_day: Positive
    fixed_dead_share: Probability | None = None


class Filter(Part):
    """A binormal detector: intercept when N(d', 1) exceeds ``threshold``; legitimate traffic is N(0, 1)."""

    d_prime: Finite
    threshold: Finite


class Interception(Part):
    """Filters of calls and SMS; gangs adapt day by day, a retraining takes the loss back."""

    call: Filter
    sms: Filter
    type_offset: dict[str, Finite] = Field(default_factory=dict)
    adaptation_per_day: NonNegative
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

    age_factor: list[NonNegative]


class Awareness(Part):
    """Awareness by province and segment, between 0 and 1; it fades, videos and activities renew it.

    ``effect`` is the share by which full awareness lowers engagement; ``per_view`` and ``per_attendance`` the
    share of the missing awareness that one view or one attendance a head closes.
    """

    start: Probability
    half_life: Duration
    effect: Probability
    per_view: NonNegative
    per_attendance: NonNegative


class Engagement(Part):
    """Gates 6 and 7."""

    answering: Answering
    awareness: Awareness
