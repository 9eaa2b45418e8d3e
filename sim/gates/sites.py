"""Gate 5: sites, accounts and apps already taken down when the attempt leads there."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sim.country.measures import Measures
from sim.draws.compiled import compiled
from sim.draws.distributions import threshold
from sim.gates.fates import CALL, SMS
from sim.scenario.schema import ScenarioModel
from sim.scenario.schema.measures import Blocking

WEB = ("site", "domain", "hosting", "diversion")
APP = ("app", "promotion", "diversion")
ACCOUNT = ("account",)
LINKED, ONLINE_ATTEMPT = range(2)


def thresholds(spec: ScenarioModel, measures: Measures, day: int, codes: Sequence[int]) -> NDArray[np.int64]:
    """Return the thresholds of a day, (P, 2: SMS, online attempt; T types).

    Kinds of blocking act one after the other on what they apply to: links and domains lead to web sites, app
    stores and promotion to apps; a type uses apps with its ``app_share``. Accounts are those that online attempts
    come from. An SMS leads somewhere only if it carries a link: it does so below the ``link_share`` of its type, of
    which the threshold is a part.
    """
    kinds = list(spec.fraud.types.values())
    table = []
    for code in codes:
        up = dict.fromkeys((*WEB, *APP, *ACCOUNT), 1.0)
        for blocking, ramp in measures.on(day, Blocking, code):
            up[blocking.target] *= 1.0 - getattr(spec.sites, blocking.target) * blocking.intensity * ramp
        web_up, app_up, account_up = (math.prod(up[target] for target in kind) for kind in (WEB, APP, ACCOUNT))
        reachable = [kind.app_share * app_up + (1.0 - kind.app_share) * web_up for kind in kinds]
        table.append(
            [
                [threshold(kind.link_share * (1.0 - share)) for kind, share in zip(kinds, reachable, strict=True)],
                [threshold(1.0 - share * account_up) for share in reachable],
            ]
        )
    return np.array(table, dtype=np.int64)


@compiled
def is_site_blocked(u: int, province: int, channel: int, fraud_type: int, down: NDArray[np.int64]) -> bool:
    """Return whether what the attempt leads to is down: online attempts, and SMS that carry a link."""
    if channel == CALL:
        return False
    return u < int(down[province, LINKED if channel == SMS else ONLINE_ATTEMPT, fraud_type])
