"""A promise about the alerts of a tier: which share is reached, how soon, and by which desk."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from sim.base.days import DAY_MS
from sim.base.failures import RefusedError
from sim.base.words import DESKS, WRITTEN, ContactChannel, Tier
from sim.scenario import ScenarioError, changed
from sim.scenario.load import as_pooled
from sim.scenario.schema.desks import ProvinceStaff
from sim.scenario.shapes import written

if TYPE_CHECKING:
    from sim.scenario import Scenario
    from sim.scenario.schema import ScenarioModel
    from sim.scenario.schema.warning import TierSettings

SMS, CALL, VISIT = ContactChannel.SMS.label, ContactChannel.CALL.label, ContactChannel.VISIT.label
MESSAGES = {channel.label for channel in WRITTEN}


class PromiseError(RefusedError, ValueError):
    """A promise that cannot be tried: what is wrong and what is allowed, in one line."""


@dataclass(frozen=True)
class Terms:
    """The terms of a promise as a user states them.

    ``within`` is a duration such as ``2 h``, None for the scenario's own deadline; ``relative`` says that ``share`` is
    a share of what unlimited staff reaches.
    """

    desk: str
    tier: str
    share: float
    within: str | None
    relative: bool


@dataclass(frozen=True)
class Promise:
    """``share`` of the alerts of ``tier`` are reached before ``deadline``, by the staff of ``desk``.

    Attributes:
        share: The share, exactly as in decimals: 0.95 is nineteen in twenty.
        deadline: In ms from issue.
        relative: Whether it is a share of what unlimited staff reaches.
        days: Days from the start of the period whose alerts all meet their deadline within it. Alerts of later days
            would count only if reached early, so they are left out.
        tiers: Tiers whose alerts may come to the desk.
    """

    desk: str
    tier: str
    share: Fraction
    deadline: int
    relative: bool
    days: int
    tiers: tuple[str, ...]

    def target(self, reached: int, ended: int) -> Fraction:
        """Return the share that must be reached where unlimited staff reaches ``reached`` of ``ended`` alerts."""
        return self.share * Fraction(reached, ended) if self.relative and ended else self.share


def promised(scenario: "Scenario", terms: Terms) -> "tuple[Scenario, Promise]":
    """Return a scenario with the deadline of a promise and with its pools as provinces, and the promise.

    Pools become provinces since each of them gets its staff.

    Raises:
        PromiseError: If it cannot be tried.
    """
    desk, tier, share, within = terms.desk, terms.tier, terms.share, terms.within
    desks = tuple(one.label for one in DESKS)
    for what, name, names in (("desk", desk, desks), ("tier", tier, Tier.labels())):
        if name not in names:
            raise PromiseError(f"{what} must be one of {', '.join(names)}; got {name}")
    if not 0.0 < share <= 1.0:
        raise PromiseError(f"share must be above 0 and at most 1 (for example 0.95); got {share:g}")
    if within is not None:
        try:
            scenario = changed(scenario, {f"warning.tiers.{tier}.deadline": within})
        except ScenarioError as error:
            raise PromiseError(
                f"within {within}: {error.mistakes[0].message}; use a duration, for example 2 h"
            ) from None
    spec = scenario.spec
    tiers = tuple(name for name in Tier.labels() if comes_to(spec, name, desk))
    if tier not in tiers:
        raise PromiseError(
            f"{tier} alerts never come to the {desk} desk; "
            + (f"use a tier that does ({', '.join(tiers)})" if tiers else "use another desk")
        )
    deadline: int = getattr(spec.warning.tiers, tier).deadline
    days = (spec.period.end - spec.period.start).days + 1 - math.ceil(deadline / DAY_MS)
    if days < 1:
        raise PromiseError(
            f"the period ends before any {tier} alert meets its deadline; use a longer period or a shorter deadline"
        )
    return as_pooled(scenario), Promise(desk, tier, Fraction(str(share)), deadline, terms.relative, days, tiers)


def comes_to(spec: "ScenarioModel", tier: str, desk: str) -> bool:
    """Return whether alerts of a tier may come to a desk: at first, or after something before it fails."""
    tiers = spec.warning.tiers
    return any(_comes_to(getattr(tiers, tier).of_group(group), desk) for group in range(tiers.groups))


def _comes_to(settings: "TierSettings", desk: str) -> bool:
    writes = not MESSAGES.isdisjoint(settings.first)
    calls = CALL in settings.first or (writes and settings.calls_unread())
    if desk == CALL:
        return calls
    follows = settings.visits_unanswered() or settings.again is not None
    return VISIT in settings.first or (calls and follows)


def with_staff(policy: "Scenario", desk: str, staff: Mapping[int, int]) -> "Scenario":
    """Return a policy with other staff of a desk, by province (code)."""
    given: dict[str, Any] = {}
    for code, own in getattr(policy.spec.desks, desk).by_province.items():
        given[str(int(code))] = written(ProvinceStaff, own)
    for code, number in staff.items():
        own = given.get(str(code))
        given[str(code)] = {**own, "staff": number} if isinstance(own, dict) else number
    return changed(policy, {f"desks.{desk}.by_province": given})
