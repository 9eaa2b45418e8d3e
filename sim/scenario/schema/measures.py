"""Measures: what the country does, each with a window, a place and an intensity."""

import math
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal

from pydantic import Field, model_validator

from sim.days import DAY_MS
from sim.scenario.bounds import Count, Crew, Factor, Lengthening, People, Probability, Score, Views, Weight
from sim.scenario.scalars import Day, Duration, Window
from sim.scenario.schema.base import DetectorName, Part, ProvinceCode, ProvinceKey, RegionName, demand_sum, mistake

LARGEST_EXPONENT = 700.0
"""Up to which a double holds the exponential."""


class Ramp(Part):
    """Growth of an intensity with the calendar date.

    The intensity is multiplied by floor + (1 - floor) / (1 + exp(-(date - midpoint) / width)).
    """

    midpoint: Day
    width: Duration
    floor: Probability = 0.0

    def nearly(self, day: date) -> float:
        """Return its value on a day, for bounds: engines compute it by ``sim.country.calendar.ramped``, to the bit."""
        widths = (day - self.midpoint).days * DAY_MS / self.width
        return self.floor + (1.0 - self.floor) / (1.0 + math.exp(min(-widths, LARGEST_EXPONENT)))


class MeasureBase(Part):
    """A window: both days included, an open end is null. It is cut to the simulated days."""

    window: Window


class Somewhere(MeasureBase):
    """A measure in some provinces (their codes), or in all."""

    provinces: Annotated[list[ProvinceCode], Field(min_length=1)] | None = None


class Spread(Somewhere):
    """A measure whose counts are spread evenly over the days of its window, which therefore ends."""

    @model_validator(mode="after")
    def _ends(self) -> "Spread":
        if self.window[1] is None:
            raise mistake("window", "has no end, and counts are spread over its days", "a last day")
        return self


class Gradual(Somewhere):
    """A measure whose intensity may grow within its window."""

    ramp: Ramp | None = None


class DenCampaign(MeasureBase):
    """A regional campaign against dens: the hazard of raids there is 1 + ``intensity`` times as high."""

    kind: Literal["den_campaign"]
    region: RegionName
    intensity: Factor
    ramp: Ramp | None = None


class ClusterCampaign(Spread):
    """Campaigns against suppliers of lines and money laundering; they lengthen replacement while they last."""

    kind: Literal["cluster_campaign"]
    count: Count
    arrests: Crew
    replacement_factor: Lengthening


class CardPurge(Gradual):
    """A purge of idle cards: the share of idle cards removed in a day."""

    kind: Literal["card_purge"]
    intensity: Probability


class RealName(Gradual):
    """Real-name registration: lengthens the replacement of a card by a factor."""

    kind: Literal["real_name"]
    replacement_factor: Lengthening


class FilterStrength(Gradual):
    """A stronger (or weaker) filter: shifts d' of a channel."""

    kind: Literal["filter"]
    channel: Literal["call", "sms"]
    intensity: Score


class SourceRegulation(Gradual):
    """Regulation at the source: a share of SMS (ports), online attempts (cloud services) or calls is not sent."""

    kind: Literal["source_regulation"]
    target: Literal["sms_port", "cloud_service", "voice_line"]
    intensity: Probability


class Blocking(Gradual):
    """Blocking of one kind of infrastructure, as a share of its full effect in ``sites``."""

    kind: Literal["blocking"]
    target: Literal["account", "site", "domain", "hosting", "app", "diversion", "promotion"]
    intensity: Probability


class Videos(Spread):
    """Education by videos: ``count`` published and ``views`` seen, spread evenly over the window."""

    kind: Literal["videos"]
    count: Count
    views: Views


class SegmentShares(Part):
    """Shares of the activities by segment."""

    schools: Probability
    enterprises: Probability
    rural_areas: Probability
    communities: Probability

    @model_validator(mode="after")
    def _add_up(self) -> "SegmentShares":
        demand_sum("schools", (self.schools, self.enterprises, self.rural_areas, self.communities))
        return self


class Activities(Spread):
    """Education by activities: ``count`` in the window, each with ``people`` attending."""

    kind: Literal["activities"]
    count: Count
    people: People
    segments: SegmentShares


class WarningCoverage(Gradual):
    """A detector at work: the share of contacts that it sees, in some provinces or all.

    ``province_weights`` lets it see more in some provinces (codes) than in others, and as much in all of them together.
    """

    kind: Literal["warning"]
    detector: DetectorName
    coverage: Probability
    province_weights: dict[ProvinceKey, Weight] = Field(default_factory=dict)

    def relative(self, people: Mapping[int, int]) -> dict[int, float]:
        """Return what the coverage of each of its provinces is multiplied by: its weight over the mean of all people's.

        Args:
            people: By code, of all provinces, at full scale.

        Returns:
            A factor by code; 1 where no weights are given.
        """
        weights = self.weights
        own = {code: number for code, number in people.items() if self.provinces is None or code in self.provinces}
        if not weights:
            return dict.fromkeys(own, 1.0)
        everybody = math.fsum(own.values())
        mean = math.fsum(weights.get(code, 1.0) * number / everybody for code, number in own.items())
        return {code: weights.get(code, 1.0) / mean for code in own}

    @property
    def weights(self) -> dict[int, float]:
        """The weights that are given, by code."""
        return {int(code): weight for code, weight in self.province_weights.items()}


class Law(Gradual):
    """The law: deters a share of attempts, lengthens replacement, lets detectors see more (shift of d')."""

    kind: Literal["law"]
    deterrence: Probability
    replacement_factor: Lengthening
    data_sharing: Score


class Repatriation(MeasureBase):
    """Overseas dens raided on the first day of the window, their crews brought home."""

    kind: Literal["repatriation"]
    dens: Count
    suspects: People


class BankHold(Gradual):
    """A bank holds a payment with this probability: it does not happen and the episode ends."""

    kind: Literal["bank_hold"]
    intensity: Probability


class Outage(Somewhere):
    """The centre is out: its instructions wait for the end of the window, or are lost."""

    kind: Literal["outage"]
    detector: DetectorName
    mode: Literal["delay", "lose"]

    @model_validator(mode="after")
    def _ends(self) -> "Outage":
        if self.mode == "delay" and self.window[1] is None:
            raise mistake("window", "has no end", "an outage that delays ends on some day")
        return self


Measure = Annotated[
    DenCampaign
    | ClusterCampaign
    | CardPurge
    | RealName
    | FilterStrength
    | SourceRegulation
    | Blocking
    | Videos
    | Activities
    | WarningCoverage
    | Law
    | Repatriation
    | BankHold
    | Outage,
    Field(discriminator="kind"),
]
