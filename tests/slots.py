"""Dens by slots, in place of pools of gangs."""

from typing import Any

REGIONS = ("east", "south", "elsewhere", "overseas")

WITH: dict[str, Any] = {
    **{"gangs.pools": None, "dens.slots": 3000, "dens.weight_sigma": 1.0, "dens.types_per_den": 3, "dens.crew": 30},
    **{f"dens.hazard.{one}": "0.4 per year" for one in REGIONS},
    "dens.hazard.per_lead": "0.5 per year",
    "dens.reopening": {"lognormal": {"median": "40 d", "sigma": 0.7}},
    **{"dens.reopening_growth": 1.1, "dens.displaced": 0.3, "dens.displaced_to": {"elsewhere": 0.4, "overseas": 0.6}},
    **{"measures.returns-deadline": None, "measures.returns-after": None},
}
"""Overrides that give the flagship slots of dens in place of its pools of gangs; ``CREWS`` are needed as well."""

CREWS: dict[str, Any] = {
    **{"gangs.start": 0.85, "gangs.recruiting": "3 per year", "gangs.reopens_with": 0.5},
    **{"gangs.crew_share": 0.05, "gangs.slower": 3.0},
}
"""Crews of these slots."""

TINY: dict[str, Any] = {
    **{"gangs": None, "dens.slots": 60, "dens.weight_sigma": 1, "dens.types_per_den": 3, "dens.crew": 30},
    **{f"dens.hazard.{one}": "8 per year" for one in REGIONS[:3]},
    **{"dens.hazard.overseas": "6 per year", "dens.hazard.per_lead": "0.15 per year"},
    "dens.reopening": {"lognormal": {"median": "4 d", "sigma": 0.7}},
    **{"dens.reopening_growth": 1.1, "dens.displaced": 0.3},
    "dens.displaced_to": {"east": 0.05, "south": 0.1, "elsewhere": 0.25, "overseas": 0.6},
}
"""Overrides that give ``tiny`` many small dens by slots, often raided, without crews, in place of its pools."""
