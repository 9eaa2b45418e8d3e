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

from sim.base.version import __version__

if TYPE_CHECKING:
    from sim.base.failures import RefusedError
    from sim.calibration.calibrate import Calibration, calibrate
    from sim.calibration.draws import PosteriorDraws, posterior
    from sim.country.table import people
    from sim.engines.conservation import ConservationError
    from sim.experiments.design import DesignError
    from sim.experiments.fates import changes
    from sim.experiments.pairing import PairingError
    from sim.experiments.promise import PromiseError
    from sim.experiments.sensitivity import sensitivity
    from sim.experiments.simulations import SimulationError
    from sim.experiments.staffing import Staffing, staffing
    from sim.midnight.component import Component
    from sim.report.page import report
    from sim.report.word import ExchangeError
    from sim.runs.attribution import Attribution, attribute
    from sim.runs.comparison import Comparison, compare
    from sim.runs.diff import diff
    from sim.runs.run import Run, load_run, run
    from sim.runs.sweep import Sweep, sweep
    from sim.scenario import Scenario, ScenarioError, load_scenario
    from sim.store.json_files import FolderError

_HOMES = {
    "Attribution": "sim.runs.attribution",
    "Calibration": "sim.calibration.calibrate",
    "Comparison": "sim.runs.comparison",
    "Component": "sim.midnight.component",
    "ConservationError": "sim.engines.conservation",
    "DesignError": "sim.experiments.design",
    "PairingError": "sim.experiments.pairing",
    "PromiseError": "sim.experiments.promise",
    "ExchangeError": "sim.report.word",
    "FolderError": "sim.store.json_files",
    "PosteriorDraws": "sim.calibration.draws",
    "RefusedError": "sim.base.failures",
    "Run": "sim.runs.run",
    "Scenario": "sim.scenario",
    "ScenarioError": "sim.scenario",
    "SimulationError": "sim.experiments.simulations",
    "Staffing": "sim.experiments.staffing",
    "Sweep": "sim.runs.sweep",
    "attribute": "sim.runs.attribution",
    "calibrate": "sim.calibration.calibrate",
    "changes": "sim.experiments.fates",
    "compare": "sim.runs.comparison",
    "diff": "sim.runs.diff",
    "load_run": "sim.runs.run",
    "people": "sim.country.table",
    "load_scenario": "sim.scenario",
    "posterior": "sim.calibration.draws",
    "report": "sim.report.page",
    "run": "sim.runs.run",
    "sensitivity": "sim.experiments.sensitivity",
    "staffing": "sim.experiments.staffing",
    "sweep": "sim.runs.sweep",
}

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
