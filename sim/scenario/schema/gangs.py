"""Gangs: crews of dens, which recruiting renews and arrests thin, and how gangs respond to yields."""

from typing import Final

from sim.scenario.bounds import Elasticity, Lengthening, Probability, RecruitingRate, Yield
from sim.scenario.scalars import Duration
from sim.scenario.schema.base import Part, PerChannel, Sparse

MOST_EFFORT: Final = 2.0
"""Largest factor of the stated attempts of a channel and type, however much they yield."""


class Usual(PerChannel[Yield]):
    """The yield of an attempt of each channel at which the volumes are as stated."""

    call: Yield
    """Yield of a call at which there are as many calls as stated: the share of calls that no gate stops, times what
    awareness leaves, times the share of engaged people who pay despite warnings. Unit: share. More: calls seem to yield
    less than usual, and gangs leave them. Example: `0.05`"""
    sms: Yield
    """Yield of an SMS at which there are as many SMS as stated. Unit: share. More: SMS seem to yield less than usual,
    and gangs leave them. Example: `0.02`"""
    online: Yield
    """Yield of an online attempt at which there are as many online attempts as stated. Unit: share. More: online
    attempts seem to yield less than usual, and gangs leave them. Example: `0.1`"""


class Answer(Part):
    """How gangs respond: they shift effort to the channels and types that yield more, and work less where little pays.

    With both elasticities at 0 attempts do not depend on what they yield.
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
    usual: Usual
    """The yield at which the volumes are as stated."""


class Gangs(Sparse):
    """The crews of the den slots, as shares of a full crew: attempts are as stated while all crews are full.

    A crew grows logistically by ``recruiting``; raids, and arrests for cases and in campaigns, thin it.
    """

    start: Probability
    """Share of a full crew at work in every den at the first midnight. Unit: share. More: more attempts at first.
    Example: `1`"""
    recruiting: RecruitingRate
    """Growth rate of a small crew; it slows down as the crew fills up. A crew whose ringleader was arrested does not
    recruit. More: crews recover faster from arrests. Example: `6 per year`"""
    reopens_with: Probability
    """Share of a full crew with which a raided den opens again. Unit: share. More: raids have less effect. Example:
    `0.5`"""
    crew_share: Probability
    """Share of the suspects arrested for cases and in cluster campaigns who belong to crews at work. Unit: share. More:
    arrests thin crews more, fewer attempts. Example: `0.3`"""
    slower: Lengthening
    """Factor by which a den stays closed longer if its ringleader was arrested, at the raid or before. Unit: factor.
    More: arrested ringleaders keep attempts away for longer. Example: `2`"""
    answer: Answer | None = None
    """How gangs respond to the yield of their attempts; without it they do not."""
