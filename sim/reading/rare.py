"""What a run has simulated too few of: victims whose number chance alone moves far."""

from collections.abc import Mapping, Sequence
from typing import Any

from sim.base.rounding import percent
from sim.language.spoken import ENGLISH, counted, said, speaking

UNCERTAIN = 0.2
"""Share of their number by which chance may move the victims of a thinned run, to either side, before it is told."""

NORMAL = 1.96
"""Standard errors in half an interval of 95 per cent."""


def rare(manifest: Mapping[str, Any]) -> list[str]:
    """Return a line where chance alone moves the victims of a thinned run by more than a fifth, or there are none.

    Args:
        manifest: ``scale``, ``totals`` and ``chance`` of a run, as ``run.json`` has them.

    Returns:
        The line, in the language that is spoken; none of a run at full scale, whose chance is the country's own.
    """
    if manifest["scale"] >= 1.0:
        return []
    victims = manifest["totals"]["victims"]
    simulated = round(victims * manifest["scale"])
    if not simulated:
        return [
            said(
                "No victim was simulated, so nothing is known of victims and losses. Use a larger scale or a longer "
                "period."
            )
        ]
    ends: Sequence[float] | None = manifest.get("chance", {}).get("victims")
    share = NORMAL / simulated**0.5 if ends is None else (ends[1] - ends[0]) / 2.0 / victims
    if share <= UNCERTAIN:
        return []
    return [
        counted(
            "Only one victim was simulated: chance alone moves the number by ±{share}. Use a larger scale, a longer "
            "period or more replicates.",
            "Only {count} victims were simulated: chance alone moves their number by ±{share}. Use a larger scale, a "
            "longer period or more replicates.",
            count=simulated,
            share=percent(share),
        )
    ]


def rare_in_english(manifest: Mapping[str, Any]) -> list[str]:
    """Return the same as it is stored."""
    with speaking(ENGLISH):
        return rare(manifest)
