"""Tocsin: a simulation engine for fraud early-warning systems.

>>> import sim
>>> scenario = sim.load_scenario("tiny", {"period": "{start: 2022-01-25, end: 2022-01-26, warmup: 0 d}"})
>>> run = sim.run(scenario)
>>> bool(run.to_frame("victims", by="province")["victims"].sum() == run.totals["victims"])
True

Names are looked up when they are first used, so that importing the package costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from sim.base import __version__

if TYPE_CHECKING:
    from sim.base.failures import RefusedError
    from sim.calibration.calibrate import Calibration, calibrate
    from sim.calibration.prior import PosteriorDraws, posterior
    from sim.country.people import people
    from sim.engines.tables import ConservationError
    from sim.experiments.pairing import PairingError, changes
    from sim.experiments.parameters import DesignError
    from sim.experiments.sensitivity import sensitivity
    from sim.experiments.simulations import SimulationError
    from sim.experiments.staffing import Staffing, staffing
    from sim.experiments.trials import PromiseError
    from sim.midnight.component import Component
    from sim.report.page import report
    from sim.report.parts import ExchangeError
    from sim.results import Attribution, Comparison, Run, Sweep, attribute, compare, diff, load_run, run, sweep
    from sim.scenario import Scenario, ScenarioError, load_scenario
    from sim.store.folder import FolderError

_HOMES = {
    name: home
    for home, names in {
        "sim.base.failures": "RefusedError",
        "sim.calibration.calibrate": "Calibration calibrate",
        "sim.calibration.prior": "PosteriorDraws posterior",
        "sim.country.people": "people",
        "sim.engines.tables": "ConservationError",
        "sim.experiments.parameters": "DesignError",
        "sim.experiments.pairing": "PairingError changes",
        "sim.experiments.trials": "PromiseError",
        "sim.experiments.sensitivity": "sensitivity",
        "sim.experiments.simulations": "SimulationError",
        "sim.experiments.staffing": "Staffing staffing",
        "sim.midnight.component": "Component",
        "sim.report.page": "report",
        "sim.report.parts": "ExchangeError",
        "sim.results": "Attribution Comparison Run Sweep attribute compare diff load_run run sweep",
        "sim.scenario": "Scenario ScenarioError load_scenario",
        "sim.store.folder": "FolderError",
    }.items()
    for name in names.split()
}
"""The module of each name."""

__all__ = [
    "Attribution",
    "Calibration",
    "Comparison",
    "Component",
    "ConservationError",
    "DesignError",
    "ExchangeError",
    "FolderError",
    "PairingError",
    "PosteriorDraws",
    "PromiseError",
    "RefusedError",
    "Run",
    "Scenario",
    "ScenarioError",
    "SimulationError",
    "Staffing",
    "Sweep",
    "__version__",
    "attribute",
    "calibrate",
    "changes",
    "compare",
    "diff",
    "load_run",
    "load_scenario",
    "people",
    "posterior",
    "report",
    "run",
    "sensitivity",
    "staffing",
    "sweep",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'sim' has no attribute '{name}'")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
