"""Layers of the shield, and the same scenario without some of them; ``attribute`` says what each is worth."""

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from sim.base.failures import RefusedError
from sim.base.words import Detector, Tier
from sim.reading.priced import has_price
from sim.scenario import changed

if TYPE_CHECKING:
    from sim.scenario import Scenario

MEASURES = {
    "dens": {"den_campaign", "repatriation"},
    "cards": {"card_purge", "real_name", "cluster_campaign"},
    "interception": {"filter"},
    "sites": {"blocking", "source_regulation"},
    "awareness": {"videos", "activities"},
    "aftermath": {"bank_hold"},
}
"""Kinds of measures that are switched off with each layer."""

STAYS = {
    "law": "it is above the layers: it deters, lengthens replacement and shares data",
    "outage": "it takes away from warnings, and does nothing where there are none",
    "warning": "thresholds that nothing reaches switch off a tier; coverage is of all tiers together",
}
"""Kinds of measures that no layer switches off, and why: every kind is in this list or in ``MEASURES``."""

WARNING = tuple(f"warning.{tier}" for tier in Tier.labels())
LAYERS = ("dens", "cards", "interception", "sites", "awareness", *WARNING, "aftermath")
"""In the order in which an attempt meets them.

- ``dens``: raids, with the campaigns and repatriations that bring them about.
- ``cards``: flagging, purging, real names, campaigns against suppliers.
- ``interception``: the filters of calls and SMS.
- ``sites``: blocking, and what is regulated at the source.
- ``awareness``: videos and activities; what people know at the start stays, and fades.
- ``warning.TIER``: the alerts of a tier. Without it what scores so high is warned of as the next lower tier would have
  it, and not at all where there is no lower one.
- ``aftermath``: stop-payment, bank holds, and investigation, whose leads bring raids about.
"""

NEVER = 100.0
"""A score, in standard deviations, that nothing reaches."""


class LayerError(RefusedError, ValueError):
    """A name that is no layer of a scenario: which; what is allowed, in one line."""


def layers_of(scenario: "Scenario", wanted: Collection[str] | None = None) -> tuple[str, ...]:
    """Return the layers of a scenario, in their order.

    Args:
        scenario: The scenario.
        wanted: Those that are asked for, all if None; ``warning`` stands for its four tiers.

    Returns:
        Names of ``LAYERS``.

    Raises:
        LayerError: If one that is asked for is no layer of the scenario.
    """
    from sim.scenario.errors import choices

    kinds = {measure.kind for measure in scenario.spec.measures.values()}
    absent = set() if "warning" in kinds else set(WARNING)
    absent |= {layer for layer in ("sites", "awareness") if not kinds & MEASURES[layer]}
    names: set[str] = set()
    for name in wanted or LAYERS:
        if name not in (*LAYERS, "warning"):
            raise LayerError(f"{name} is no layer; {choices(name, LAYERS)}")
        names |= set(WARNING) if name == "warning" else {name}
        if wanted and names & absent:
            raise LayerError(f"{name} is no layer of {scenario.name}, which has no such measures; another layer")
    return tuple(layer for layer in LAYERS if layer in names - absent)


def without(scenario: "Scenario", off: Collection[str]) -> "Scenario":
    """Return a scenario in which some layers do nothing; attempts, people and everything else stay as they are."""
    return changed(scenario, values_without(scenario, off))


def values_without(scenario: "Scenario", off: Collection[str]) -> dict[str, Any]:
    """Return the values by dotted key, as ``--set`` has them, with which some layers of a scenario do nothing."""
    kinds = _kinds(off)
    gone = {f"measures.{name}": None for name, measure in scenario.spec.measures.items() if measure.kind in kinds}
    return {**gone, **_switched_off(scenario, off)}


def unpriced(scenario: "Scenario", names: Collection[str]) -> list[str]:
    """Return those layers of which a scenario does not say what all of it costs: a measure or a key has no price."""
    present = {measure.kind for measure in scenario.spec.measures.values()}
    return [
        layer
        for layer in names
        if not all(
            has_price(key, scenario)
            for key in (
                *(f"measures[{kind}]" for kind in sorted(_kinds([layer]) & present)),
                *_switched_off(scenario, [layer]),
            )
        )
    ]


def _kinds(layers: Collection[str]) -> set[str]:
    """Return the kinds of measures that go with layers."""
    return set().union(*(MEASURES[layer] for layer in layers if layer in MEASURES))


def _switched_off(scenario: "Scenario", off: Collection[str]) -> dict[str, Any]:
    """Return what keys beside measures are without some layers."""
    spec = scenario.spec
    values: dict[str, Any] = {}
    if "dens" in off:
        for region in spec.dens.regions:
            values[f"dens.hazard.{region}"] = "0 per year"
        values["dens.hazard.per_lead"] = "0 per year"
        if spec.dens.fixed_raided is not None:
            values["dens.fixed_raided"] = []
    if "cards" in off:
        values["cards.flag_share"] = 0.0
        if spec.cards.fixed_dead_share is not None:
            values["cards.fixed_dead_share"] = 0.0
    if "interception" in off:
        values |= {"interception.call.threshold": NEVER, "interception.sms.threshold": NEVER}
    if set(WARNING) & set(off):
        for detector in Detector.labels():
            values[f"warning.detectors.{detector}.thresholds"] = _thresholds(scenario, detector, off)
    if "aftermath" in off:
        values |= {"aftermath.stop_payment.share": 0.0, "aftermath.investigation.capacity": "0 per day"}
    return values


def _thresholds(scenario: "Scenario", detector: str, off: Collection[str]) -> dict[str, float]:
    """Return a detector's thresholds without some tiers: the scores of each of them belong to the next lower one."""
    own = getattr(scenario.spec.warning.detectors, detector).thresholds
    thresholds, above = {}, NEVER
    for tier, layer in zip(Tier.labels(), WARNING, strict=True):
        above = above if layer in off else getattr(own, tier)
        thresholds[tier] = above
    return thresholds
