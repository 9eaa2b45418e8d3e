"""Gate 5: sites, apps and accounts that were taken down before an attempt leads to them."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sim.base.words import Channel
from sim.country.calendar import Days, Measures
from sim.draws.distributions import thresholds as as_thresholds
from sim.scenario.schema import ScenarioModel
from sim.scenario.schema.measures import Blocking

WEB_TARGETS = ("site", "hosting", "diversion")
"""Kinds of blocking that take down web sites."""
APP_TARGETS = ("app", "promotion", "diversion")
"""Kinds of blocking that take down apps."""
ACCOUNT_TARGETS = ("account",)
"""Kinds of blocking that take down accounts, from which online attempts come."""


def thresholds(spec: ScenarioModel, measures: Measures, days: Days, codes: Sequence[int]) -> NDArray[np.int64]:
    """Return the thresholds of each day, (D, P, 3, T), from the measures of the scenario, see ``thresholds_of``."""
    return thresholds_of(spec, up_shares(spec, measures, days, codes))


def up_shares(spec: ScenarioModel, measures: Measures, days: Days, codes: Sequence[int]) -> NDArray[np.float64]:
    """Return the shares of web sites, apps and accounts that are up on each day, (D, P, 3).

    Each is the product of 1 - share over the kinds of blocking that apply to it, apart from blocking of some classes.
    """
    shares = np.ones((len(days), len(codes), 3))
    for p, code in enumerate(codes):
        up = {target: np.ones(len(days)) for target in (*WEB_TARGETS, *APP_TARGETS, *ACCOUNT_TARGETS)}
        for blocking, ramp in measures.over(days, Blocking, code):
            if blocking.classes:
                continue
            up[blocking.target] *= 1.0 - getattr(spec.sites, blocking.target) * blocking.intensity * ramp
        for kind, targets in enumerate((WEB_TARGETS, APP_TARGETS, ACCOUNT_TARGETS)):
            for target in targets:
                shares[:, p, kind] *= up[target]
    return shares


def thresholds_of(spec: ScenarioModel, up: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the thresholds from the shares that are up, (..., 3), of web sites, apps and accounts.

    A type leads to an app with its ``app_share``, else to a web site. An SMS is stopped if it carries a link (with the
    ``link_share`` of its type) and its target is down, an online attempt if its target or its account is down.

    Returns:
        (..., 3 channels, T types); 0 for calls, which lead nowhere.
    """
    kinds = list(spec.fraud.types.values())
    app_share, link_share = (np.array([getattr(kind, name) for kind in kinds]) for name in ("app_share", "link_share"))
    web_up, app_up, account_up = np.moveaxis(up, -1, 0)[..., None]
    reachable = app_share * app_up + (1.0 - app_share) * web_up
    down = np.zeros((*up.shape[:-1], len(Channel), len(kinds)))
    down[..., Channel.SMS, :] = link_share * (1.0 - reachable)
    down[..., Channel.ONLINE, :] = 1.0 - reachable * account_up
    return as_thresholds(down)


def theory(spec: ScenarioModel, channel: Channel, code: int) -> float:
    """Return the share that theory expects the gate to stop, see ``sim.shield``; of the first type."""
    kind = next(iter(spec.fraud.types.values()))
    blocked = [
        (one.target, getattr(spec.sites, one.target) * one.intensity)
        for one in spec.measures.values()
        if isinstance(one, Blocking) and code in (one.provinces or [code]) and not one.classes
    ]

    def up(targets: tuple[str, ...]) -> float:
        return float(math.prod(1.0 - share for target, share in blocked if target in targets))

    found = kind.app_share * up(APP_TARGETS) + (1.0 - kind.app_share) * up(WEB_TARGETS)
    by_channel = {Channel.SMS: kind.link_share * (1.0 - found), Channel.ONLINE: 1.0 - found * up(ACCOUNT_TARGETS)}
    return by_channel.get(channel, 0.0)
