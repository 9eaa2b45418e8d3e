"""The warning of a run with so few simulated victims that their number is mostly noise."""

from collections.abc import Mapping, Sequence
from typing import Any

from sim.base.rounding import percent
from sim.language.spoken import ENGLISH, counted, said, speaking

UNCERTAIN = 0.2
"""Run-to-run noise of victims, as a share of their number, from which a sampled run warns."""

NORMAL = 1.96
"""Standard errors in half an interval of 95 per cent."""


def rare(manifest: Mapping[str, Any]) -> list[str]:
    """Return a warning if the run-to-run noise of the victims of a sampled run exceeds a fifth, or if there are none.

    At full scale there is no warning: the noise is the country's own. ``scale``, ``totals`` and ``chance`` are read.
    """
    if manifest["scale"] >= 1.0:
        return []
    victims = manifest["totals"]["victims"]
    simulated = round(victims * manifest["scale"])
    if not simulated:
        return [
            said("No victim was simulated, so victims and losses are unknown. Use a larger scale or a longer period.")
        ]
    ends: Sequence[float] | None = manifest.get("chance", {}).get("victims")
    share = NORMAL / simulated**0.5 if ends is None else (ends[1] - ends[0]) / 2.0 / victims
    if share <= UNCERTAIN:
        return []
    return [
        counted(
            "Only one victim was simulated: run-to-run noise is ±{share}. Use a larger scale, a longer period or more "
            "replicates.",
            "Only {count} victims were simulated: run-to-run noise is ±{share}. Use a larger scale, a longer period or "
            "more replicates.",
            count=simulated,
            share=percent(share),
        )
    ]


def rare_in_english(manifest: Mapping[str, Any]) -> list[str]:
    """Return the same in English, as it is stored."""
    with speaking(ENGLISH):
        return rare(manifest)
