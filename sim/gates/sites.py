"""Gate 5: sites, accounts and apps already taken down when the attempt leads there."""

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


def thresholds(spec: ScenarioModel, measures: Measures, day: int) -> NDArray[np.int64]:
    """Return the thresholds of a day by type, (T,).

    Kinds of blocking act one after the other on what they apply to: links and domains lead to web sites, app
    stores and promotion to apps. A type uses apps with its ``app_share``.
    """
    up = dict.fromkeys((*WEB, *APP), 1.0)
    for blocking, ramp in measures.on(day, Blocking):
        up[blocking.target] *= 1.0 - getattr(spec.sites, blocking.target) * blocking.intensity * ramp
    web_up = app_up = 1.0
    for target in WEB:
        web_up *= up[target]
    for target in APP:
        app_up *= up[target]
    return np.array(
        [
            threshold(kind.app_share * (1.0 - app_up) + (1.0 - kind.app_share) * (1.0 - web_up))
            for kind in spec.fraud.types.values()
        ],
        dtype=np.int64,
    )


def link_thresholds(spec: ScenarioModel) -> NDArray[np.int64]:
    """Return the threshold below which an SMS of a type carries a link, (T,)."""
    return np.array([threshold(kind.link_share) for kind in spec.fraud.types.values()], dtype=np.int64)


@compiled
def is_site_blocked(
    u_link: int, u_site: int, channel: int, fraud_type: int, link: NDArray[np.int64], down: NDArray[np.int64]
) -> bool:
    """Return whether what the attempt leads to is down: online attempts, and SMS that carry a link."""
    if channel == CALL or (channel == SMS and u_link >= link[fraud_type]):
        return False
    return u_site < int(down[fraud_type])
