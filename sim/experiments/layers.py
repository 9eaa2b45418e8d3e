"""Layers of the shield, and the same scenario without some of them; ``attribute`` says the effect of each."""

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from sim.base.failures import RefusedError
from sim.base.words import SHIELD, Detector, Tier
from sim.reading.costs import has_price
from sim.scenario import changed
from sim.scenario.schema.measures import KINDS
from sim.shield import NEVER, of_gate

if TYPE_CHECKING:
    from sim.scenario import Scenario

WARNING = tuple(f"warning.{tier}" for tier in Tier.labels())
LAYERS = (*(gate.layer for gate in SHIELD if gate.layer), *WARNING, "aftermath")
"""The layers, in the order in which an attempt meets them: those of gates, of tiers of alerts, and the aftermath.

- ``dens``: raids, with the campaigns and repatriations that bring them about.
- ``cards``: flagging, purging, real names, campaigns against suppliers.
- ``interception``: the filters of calls and SMS.
- ``sites``: blocking, and what is regulated at the source.
- ``awareness``: videos and activities. What people know at the start stays, and fades.
- ``warning.TIER``: the alerts of a tier. Without it scores as high raise an alert of the next lower tier, or none where
  there is no lower one.
- ``aftermath``: stop-payment, bank holds, and investigation, whose leads bring raids about.
"""


class LayerError(RefusedError, ValueError):
    """A name is not a layer of the scenario: the name and the allowed ones, in one line."""


def layers_of(scenario: "Scenario", wanted: Collection[str] | None = None) -> tuple[str, ...]:
    """Return the layers of a scenario, in the order of ``LAYERS``; ``warning`` stands for its four tiers.

    Raises:
        LayerError: If a requested one is not a layer of the scenario.
    """
    from sim.scenario.errors import choices

    kinds = {measure.kind for measure in scenario.spec.measures.values()}
    absent = set() if "warning" in kinds else set(WARNING)
    present = {gate.layer for gate in SHIELD if of_gate(gate, "off")} | {KINDS[kind].row.layer for kind in kinds}
    absent |= {gate.layer for gate in SHIELD} - present
    names: set[str] = set()
    for name in [wanted] if isinstance(wanted, str) else wanted or LAYERS:
        if name not in (*LAYERS, "warning"):
            raise LayerError(f"{name} is not a layer; {choices(name, LAYERS)}")
        names |= set(WARNING) if name == "warning" else {name}
        if wanted and names & absent:
            raise LayerError(f"{name} is not a layer of {scenario.name}, which has no such measures; use another layer")
    return tuple(layer for layer in LAYERS if layer in names - absent)


def without(scenario: "Scenario", off: Collection[str]) -> "Scenario":
    """Return a scenario in which some layers do nothing; attempts, people and everything else are unchanged."""
    return changed(scenario, values_without(scenario, off))


def values_without(scenario: "Scenario", off: Collection[str]) -> dict[str, Any]:
    """Return the values by dotted key, in the form of ``--set``, with which some layers of a scenario do nothing."""
    gone = {f"measures.{name}": None for name, measure in scenario.spec.measures.items() if measure.row.layer in off}
    return {**gone, **_switched_off(scenario, off)}


def unpriced(scenario: "Scenario", names: Collection[str]) -> list[str]:
    """Return those layers of which a scenario does not say what all of it costs: a measure or a key has no price."""
    own = set((scenario.spec.costs and scenario.spec.costs.measures) or ())
    present = {one.kind: one.row.layer for name, one in scenario.spec.measures.items() if name not in own}
    return [
        layer
        for layer in names
        if not all(
            has_price(key, scenario)
            for key in (
                *(f"measures[{kind}]" for kind, of in present.items() if of == layer),
                *_switched_off(scenario, [layer]),
            )
        )
    ]


def _switched_off(scenario: "Scenario", off: Collection[str]) -> dict[str, Any]:
    """Return the values of keys other than measures without some layers."""
    values: dict[str, Any] = {}
    for gate in SHIELD:
        switch_off = of_gate(gate, "off") if gate.layer in off else None
        values |= switch_off(scenario.spec) if switch_off else {}
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
