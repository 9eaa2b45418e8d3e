"""Gate 5: sites, apps and accounts that were taken down before an attempt leads to them."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sim.base.words import Channel
from sim.country.measures import Measures
from sim.draws.distributions import threshold
from sim.scenario.schema import ScenarioModel
from sim.scenario.schema.measures import Blocking

WEB_TARGETS = ("site", "domain", "hosting", "diversion")
"""Kinds of blocking that take down web sites."""
APP_TARGETS = ("app", "promotion", "diversion")
"""Kinds of blocking that take down apps."""
ACCOUNT_TARGETS = ("account",)
"""Kinds of blocking that take down accounts, from which online attempts come."""


def thresholds(spec: ScenarioModel, measures: Measures, day: int, codes: Sequence[int]) -> NDArray[np.int64]:
    """Return the thresholds of a day, (P, 3, T), from the measures of the scenario, see ``thresholds_of``."""
    return thresholds_of(spec, up_shares(spec, measures, day, codes))


def up_shares(spec: ScenarioModel, measures: Measures, day: int, codes: Sequence[int]) -> NDArray[np.float64]:
    """Return the shares of web sites, apps and accounts that are up on a day, (P, 3).

    Each is the product of 1 - share over the kinds of blocking that apply to it.
    """
    table = []
    for code in codes:
        up = dict.fromkeys((*WEB_TARGETS, *APP_TARGETS, *ACCOUNT_TARGETS), 1.0)
        for blocking, ramp in measures.on(day, Blocking, code):
            up[blocking.target] *= 1.0 - getattr(spec.sites, blocking.target) * blocking.intensity * ramp
        table.append(
            [math.prod(up[target] for target in targets) for targets in (WEB_TARGETS, APP_TARGETS, ACCOUNT_TARGETS)]
        )
    return np.array(table)


def thresholds_of(spec: ScenarioModel, up: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the thresholds of a day from the shares that are up, (P, 3), of web sites, apps and accounts.

    A type leads to an app with its ``app_share``, else to a web site. An SMS is stopped if it carries a link (with the
    ``link_share`` of its type) and its target is down, an online attempt if its target or its account is down.

    Returns:
        (P, 3 channels, T types); 0 for calls, which lead nowhere.
    """
    kinds = list(spec.fraud.types.values())
    table = []
    for web_up, app_up, account_up in up.tolist():
        reachable = [kind.app_share * app_up + (1.0 - kind.app_share) * web_up for kind in kinds]
        down = np.zeros((len(Channel), len(kinds)), dtype=np.int64)
        down[Channel.SMS] = [
            threshold(kind.link_share * (1.0 - share)) for kind, share in zip(kinds, reachable, strict=True)
        ]
        down[Channel.ONLINE] = [threshold(1.0 - share * account_up) for share in reachable]
        table.append(down)
    return np.array(table)


def theory(spec: ScenarioModel, channel: Channel, code: int) -> float:
    """Return the share that theory expects the gate to stop, see ``sim.shield.gate``; of the first type."""
    kind = next(iter(spec.fraud.types.values()))
    blocked = [
        (one.target, getattr(spec.sites, one.target) * one.intensity)
        for one in spec.measures.values()
        if isinstance(one, Blocking) and code in (one.provinces or [code])
    ]

    def up(targets: tuple[str, ...]) -> float:
        return float(math.prod(1.0 - share for target, share in blocked if target in targets))

    found = kind.app_share * up(APP_TARGETS) + (1.0 - kind.app_share) * up(WEB_TARGETS)
    by_channel = {Channel.SMS: kind.link_share * (1.0 - found), Channel.ONLINE: 1.0 - found * up(ACCOUNT_TARGETS)}
    return by_channel.get(channel, 0.0)
