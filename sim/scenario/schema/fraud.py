"""The exogenous process: potential attempts by channel and fraud type, and what an episode of a type is like."""

from typing import Annotated

from pydantic import Field, model_validator

from sim.scenario.bounds import (
    MOST_FRAUD_TYPES,
    Contacts,
    Factor,
    Growth,
    Probability,
    Ratio,
    Sigma,
    Weight,
    Yuan,
)
from sim.scenario.distributions import Distribution
from sim.scenario.scalars import Day, Window
from sim.scenario.schema.base import ChannelName, HalfHours, Part, PerChannel, ProvinceCode, ProvinceKey, Word, mistake
from sim.words import Channel

MAX_PAYMENTS = 8
WEEKDAYS = 7
MONTHS = 12


class ByChannel(PerChannel[Weight]):
    """One weight a channel."""


class StageDelays(Part):
    """Delay before each stage: engaged after contact, site or app opened, first payment, each further payment."""

    engaged: Distribution
    opened: Distribution
    first_payment: Distribution
    later_payment: Distribution


class StageDropout(Part):
    """Probability that a person drops out by themselves before a stage."""

    engaged: Probability
    opened: Probability
    first_payment: Probability
    later_payment: Probability


class Loss(Part):
    """Total loss of an episode that runs to its end, on the reference date: lognormal in yuan."""

    median: Yuan
    sigma: Sigma


class FraudType(Part):
    """One type of fraud."""

    mix: ByChannel
    mix_growth: Growth
    link_share: Probability
    app_share: Probability
    engage: Probability
    age_factor: list[Factor]
    women_factor: Factor
    delays: StageDelays
    dropout: StageDropout
    payments: Annotated[list[Weight], Field(min_length=1, max_length=MAX_PAYMENTS)]
    payment_growth: Ratio
    loss: Loss

    @model_validator(mode="after")
    def _some_payment(self) -> "FraudType":
        if sum(self.payments) <= 0:
            raise mistake("payments", "adds up to 0", "a weight above 0 for some number of payments")
        return self


class Volume(Part):
    """Potential attempts of the whole nation on the reference date; ``growth`` per year, in log units."""

    level: Contacts
    growth: Growth


class Volumes(PerChannel[Volume]):
    """Volumes by channel."""


class HalfHourProfiles(PerChannel[HalfHours]):
    """Profile of potential attempts over the 48 half hours of a day, by channel."""


class Surge(Part):
    """A window in which attempts are ``factor`` times as many, on some channels, types and provinces or on all."""

    window: Window
    factor: Factor
    channels: list[ChannelName] = Field(default_factory=lambda: list(Channel.labels()))
    types: list[str] | None = None
    provinces: list[ProvinceCode] | None = None


class Fraud(Part):
    """Everything that the potential attempts are drawn from; ``loss_growth`` of all types, per year, in log units."""

    reference: Day
    volumes: Volumes
    half_hours: HalfHourProfiles
    weekdays: Annotated[list[Weight], Field(min_length=WEEKDAYS, max_length=WEEKDAYS)]
    months: Annotated[list[Weight], Field(min_length=MONTHS, max_length=MONTHS)]
    province_weights: dict[ProvinceKey, Weight] = Field(default_factory=dict)
    surges: dict[Word, Surge] = Field(default_factory=dict)
    loss_growth: Growth
    types: Annotated[dict[Word, FraudType], Field(min_length=1, max_length=MOST_FRAUD_TYPES)]

    @model_validator(mode="after")
    def _agree(self) -> "Fraud":
        for channel in Channel.labels():
            if sum(getattr(self.half_hours, channel)) <= 0:
                raise mistake(f"half_hours.{channel}", "adds up to 0", "some half hour above 0")
            if sum(getattr(kind.mix, channel) for kind in self.types.values()) <= 0:
                raise mistake("types", f"no type has a mix above 0 on {channel}", "some type above 0 on each channel")
        if sum(self.weekdays) <= 0:
            raise mistake("weekdays", "adds up to 0", "some weekday above 0")
        if sum(self.months) <= 0:
            raise mistake("months", "adds up to 0", "some month above 0")
        return self
