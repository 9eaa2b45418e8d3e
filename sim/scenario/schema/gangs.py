"""Gangs: crews of dens, or pools of members at home and abroad, and how gangs respond to yields."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Final

from pydantic import Discriminator, Field, Tag

from sim.base.words import Channel
from sim.scenario.bounds import (
    MOST_FRAUD_TYPES,
    Ceiling,
    Elasticity,
    HazardRate,
    Headcount,
    Lengthening,
    Probability,
    RecruitingRate,
    Share,
    Yield,
)
from sim.scenario.scalars import Day, Duration
from sim.scenario.schema.base import Mistakes, Part, PerChannel, Sparse, Word, form, mistake

MOST_EFFORT: Final = 2.0
"""Largest factor of the stated attempts of a channel and type, however much they yield."""


YieldByType = Annotated[
    Annotated[Yield, Tag("plain")]
    | Annotated[dict[Word, Yield], Field(min_length=1, max_length=MOST_FRAUD_TYPES), Tag("map")],
    Discriminator(form),
]
"""One yield of all fraud types, or that of each by its name."""


class Usual(PerChannel[YieldByType]):
    """The yield of an attempt of each channel at which the volumes are as stated.

    A number counts for all fraud types; a map has one for each type.
    """

    call: YieldByType
    """Yield of a call at which there are as many calls as stated: the share of calls that no gate stops, times what
    awareness leaves, times the share of engaged people who pay despite warnings. Unit: share. More: calls seem to yield
    less than usual, and gangs leave them. Example: `0.05`"""
    sms: YieldByType
    """Yield of an SMS at which there are as many SMS as stated. Unit: share. More: SMS seem to yield less than usual,
    and gangs leave them. Example: `0.02`"""
    online: YieldByType
    """Yield of an online attempt at which there are as many online attempts as stated. Unit: share. More: online
    attempts seem to yield less than usual, and gangs leave them. Example: `0.1`"""

    def by_type(self, types: Sequence[str]) -> list[list[float]]:
        """Return the yields of each channel, in the order of some fraud types."""
        channels = [getattr(self, channel) for channel in Channel.labels()]
        return [[own[name] if isinstance(own, dict) else own for name in types] for own in channels]


class Answer(Sparse):
    """How gangs respond: they shift effort to the channels and types that yield more, and work less where little pays.

    They make the stated attempts throughout the warm-up, and respond from the first day of the period on. With both
    elasticities at 0 attempts do not depend on what they yield.
    """

    shift: Elasticity
    """Elasticity with which effort moves to the channels and types that yield more; at 0 none moves. Unit: per cent of
    effort per per cent of yield. More: a measure against one channel drives more attempts to the others. Example: `0.5`
    """
    supply: Elasticity
    """Elasticity of the total effort in its yield; at 0 effort only moves. Unit: per cent of effort per per cent of
    yield. More: fewer attempts where less pays. Example: `0.2`"""
    lag: Duration
    """Time over which gangs learn what attempts yield. More: they answer later, and are less swayed by single days.
    Example: `30 d`"""
    usual: Usual | None = None
    """Yield at which gangs make the stated attempts. Without it the run takes the yields that gangs learn in its
    warm-up. State them to compare policies: a policy that acts in the warm-up would find other yields. Example:
    `{call: 0.05, sms: 0.02, online: 0.1}`"""


class Removed(Part):
    """How fast members are removed from the pools for good."""

    home: HazardRate
    """Rate at which raids remove members at home, without campaigns and at the usual leads. More: fewer attempts, more
    suspects. Example: `1.4 per year`"""
    abroad: HazardRate
    """Rate at which members abroad leave gangs for good without returning home. More: fewer attempts. Example: `0.13
    per year`"""


class Leads(Part):
    """How removal at home depends on the leads from solved cases."""

    share: Probability
    """Share of the removal at home that is in proportion to leads; the rest does not depend on them. More: solved cases
    reduce gangs more. Example: `0.2`"""
    usual: Headcount
    """Leads at which removal is as stated. Unit: leads. More: fewer members are removed. Example: `2500`"""


class Pools(Sparse):
    """Members of gangs at home and abroad, as two stocks; attempts are as stated while both are as at the start.

    Recruiting is logistic in both together; raids remove members at home, and measures of kind ``returns`` bring home
    those abroad.
    """

    members: Headcount
    """Members of gangs at the start, at home and abroad. Unit: people. More: each makes fewer attempts; raids take more
    suspects. Example: `165000`"""
    abroad: Share
    """Share of the members who are abroad at the start. More: raids at home reach fewer. Example: `0.49`"""
    since: Day
    """Until this day both pools stay as they are at the start. Later: changes come later. Example: `2021-01-01`"""
    capacity: Ceiling
    """Carrying capacity: the most members that the market supports, as a multiple of those at the start. Unit: ratio.
    More: gangs grow further. Example: `1.5`"""
    recruiting: RecruitingRate
    """Growth rate of a small gang; it slows down as members approach the capacity. More: gangs recover faster. Example:
    `1.9 per year`"""
    arriving: RecruitingRate
    """Rate at which people join without being recruited, as a share of the members at the start. More: gangs never die
    out. Example: `0.03 per year`"""
    arriving_abroad: Probability
    """Share of these who join abroad. More: more of them are out of reach of raids. Example: `0.7`"""
    leaving: HazardRate
    """Rate at which members at home move abroad. More: gangs move out of reach of raids. Example: `0.25 per year`"""
    removed: Removed
    """How fast members are removed."""
    leads: Leads | None = None
    """How removal at home depends on leads; without this key it does not."""
    crew: Headcount
    """Members of a den. Unit: people. More: fewer dens for the same members. Example: `6.3`"""
    leaderless: Duration
    """Mean time until another ringleader takes the place of one who was arrested; meanwhile the den does not recruit.
    More: arrested ringleaders reduce gangs more. Example: `90 d`"""
    home_share: Annotated[dict[Word, Probability], Field(max_length=MOST_FRAUD_TYPES)] = Field(default_factory=dict)
    """Share of a fraud type's attempts that are made at home at the start; a missing type has the share of the members.
    More: raids at home reduce this type more. Example: `{loan_credit: 0.6, romance_investment: 0.2}`"""


CREWS: Final = ("start", "recruiting", "reopens_with", "crew_share", "slower")
"""Keys of crews, which belong together."""


class Gangs(Sparse):
    """The crews of the den slots, as shares of a full crew, or pools of members instead.

    Attempts are as stated while all crews are full. A crew grows logistically by ``recruiting``; raids, and arrests for
    cases and in campaigns, thin it.
    """

    start: Probability | None = None
    """Share of a full crew at work in every den at the first midnight. Unit: share. More: more attempts at first.
    Example: `1`"""
    recruiting: RecruitingRate | None = None
    """Growth rate of a small crew; it slows down as the crew fills up. A crew whose ringleader was arrested does not
    recruit. More: crews recover faster from arrests. Example: `6 per year`"""
    reopens_with: Probability | None = None
    """Share of a full crew with which a raided den opens again. Unit: share. More: raids have less effect. Example:
    `0.5`"""
    crew_share: Probability | None = None
    """Share of the suspects arrested for cases and in cluster campaigns who belong to crews at work. Unit: share. More:
    arrests thin crews more, fewer attempts. Example: `0.3`"""
    slower: Lengthening | None = None
    """Factor by which a den stays closed longer if its ringleader was arrested, at the raid or before. Unit: factor.
    More: arrested ringleaders keep attempts away for longer. Example: `2`"""
    pools: Pools | None = None
    """Members at home and abroad, in place of crews; without it each den has a crew."""
    answer: Answer | None = None
    """How gangs respond to the yield of their attempts; without it they do not."""

    @property
    def since(self) -> date | None:
        """The day on which pools are as at the start; None without pools."""
        return None if self.pools is None else self.pools.since

    def _wrong(self) -> Mistakes:
        given = [key for key in CREWS if getattr(self, key) is not None]
        if self.pools is not None and given:
            what = "must be without crews (null removes what another file gives)"
            yield mistake(given[0], "is a key of crews, but there are pools", what)
        missing = [key for key in CREWS if key not in given]
        if self.pools is None and missing:
            what = f"all of {', '.join(CREWS)} must be there, or pools instead"
            yield mistake(missing[0], "is missing", what)
