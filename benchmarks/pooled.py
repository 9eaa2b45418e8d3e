"""Run a scenario with pooled provinces, as ``tocsin run --pool country`` does: ``python -m benchmarks.pooled``.

Arguments: the scenario's name, a scale, the number of workers, and settings like those of ``tocsin run --set``.
"""

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from sim.running import run
from sim.scenario import load_scenario


def main(arguments: Sequence[str]) -> None:
    """Run the scenario in a folder that is thrown away."""
    name, scale, workers, *settings = arguments
    pairs = dict(setting.split("=", 1) for setting in settings)
    scenario = load_scenario(name, {"population.pool": "country", **pairs}, scale=float(scale))
    with tempfile.TemporaryDirectory() as folder:
        run(scenario, Path(folder) / "run", events="none", workers=int(workers))


if __name__ == "__main__":
    main(sys.argv[1:])
