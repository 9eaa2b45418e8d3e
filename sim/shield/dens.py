"""Gate 2: dens. Only dens as slots are raided before they call (``sim.midnight.slots``); pools make fewer attempts."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.base.words import Channel
from sim.country.calendar import Days, Measures
from sim.scenario.schema import ScenarioModel
from sim.scenario.schema.layers import Dens
from sim.scenario.schema.measures import DenCampaign


def campaign_factors(dens: Dens, measures: Measures, days: Days) -> NDArray[np.float64]:
    """Return the factors by which campaigns multiply the hazard of raids on each day, (D, R regions)."""
    factors = np.ones((len(days), len(dens.regions)))
    regions = list(dens.regions)
    for campaign, ramp in measures.over(days, DenCampaign):
        factors[:, regions.index(campaign.region)] += campaign.intensity * ramp
    return factors


def theory(spec: ScenarioModel, channel: Channel, code: int) -> float:
    """Return the share that theory expects the gate to stop where nobody raids: nothing."""
    return 0.0


def off(spec: ScenarioModel) -> dict[str, Any]:
    """Return the values by dotted key with which nobody raids dens."""
    if spec.gangs is not None and spec.gangs.pools is not None:
        return {"gangs.pools.removed.home": "0 per year"}
    return {f"dens.hazard.{key}": "0 per year" for key in (*spec.dens.regions, "per_lead")}
