"""Measure the error of ``--dry-run``, and the coefficients that fit best: ``python -m benchmarks.forecast``.

Runs of several scenarios, scales, pools and engines, each with one worker in its own process, are compared with the
forecast of ``sim.forecast`` for this machine, which is measured in the same go. Time is processor time, which other
work disturbs least. ``--write`` puts the table into docs/performance.md; coefficients are copied by hand into
``sim/forecast/cost.py``, with the machine's speeds as ``HOME``.
"""

import argparse
import json
import math
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from benchmarks.commands import ROOT, THIS
from benchmarks.documents import write_into
from sim.forecast.cost import SERIAL, TIME, Coefficients, Cost, slower, work_terms
from sim.forecast.machine import Machine, machine_of, measure
from sim.forecast.work import Work
from sim.scenario import load_scenario
from sim.store.run_json import RUN_JSON

PAGE = ROOT / "docs" / "performance.md"

SHORT = ("--set", "period.start=2022-06-01", "--set", "period.warmup=14 d")

CASES: dict[str, tuple[str, ...]] = {
    "tiny": ("tiny",),
    "tiny, eight times": ("tiny", "--replicates", "8"),
    "tiny, reference": ("tiny", "--engine", "reference"),
    "flagship, 0.0005": ("china-2022", "--scale", "0.0005"),
    "flagship, 0.001": ("china-2022", "--scale", "0.001"),
    "flagship, 0.005": ("china-2022", "--scale", "0.005"),
    "flagship, 0.02": ("china-2022", "--scale", "0.02"),
    "flagship pooled, 0.0005": ("china-2022", "--scale", "0.0005", "--pool", "country"),
    "flagship pooled, 0.005": ("china-2022", "--scale", "0.005", "--pool", "country"),
    "flagship pooled, 0.02": ("china-2022", "--scale", "0.02", "--pool", "country"),
    "flagship in regions, 0.005": ("china-2022", "--scale", "0.005", "--pool", "regions"),
    "no-warning, 0.005": ("no-warning", "--scale", "0.005"),
    "looser, 0.005": ("looser", "--scale", "0.005"),
    "weak-filters, 0.005": ("weak-filters", "--scale", "0.005"),
    "flagship of half a year, 0.02": ("china-2022", "--scale", "0.02", *SHORT),
    "flagship, 0.001, all events": ("china-2022", "--scale", "0.001", "--events", "all"),
    "flagship pooled, 0.005, a tenth of events": (
        "china-2022", "--scale", "0.005", "--pool", "country", "--events", "0.1",
    ),
    "flagship, reference, 0.00002": ("china-2022", "--scale", "0.00002", "--engine", "reference"),
    "flagship pooled, reference, 0.00005": (
        "china-2022", "--scale", "0.00005", "--pool", "country", "--engine", "reference",
    ),
    "flagship of half a year, reference, 0.0001": (
        "china-2022", "--scale", "0.0001", "--engine", "reference", *SHORT,
    ),
}  # fmt: skip
"""What ``tocsin run`` is given, by what it is called."""

FITTED = ("start", "run", "day", "province_day", "alert", "alert_by_reference", "event")
"""Coefficients that these runs can tell: those of attempts and of people need the whole country."""


@dataclass(frozen=True)
class Measured:
    """What a case was reckoned to cost, and what it cost."""

    name: str
    work: Work
    runs: int
    processor_s: float
    memory_bytes: float
    disk_bytes: float

    def reckoned(self, machine: Machine) -> tuple[float, float, float]:
        """Return the seconds, the memory and the bytes on disk that are reckoned for it."""
        cost = Cost.of(self.work, machine)
        return cost.start_s + self.runs * cost.seconds(1), cost.memory_bytes, self.runs * cost.disk_bytes

    def amounts(self, machine: Machine) -> NDArray[np.float64]:
        """Return the amount of each fitted coefficient, (fitted,), as its seconds count on this machine."""
        python, kernels = slower(machine.speeds)
        terms = work_terms(self.work)
        if self.work.engine == "reference":
            terms |= {"alert": 0.0, "alert_by_reference": self.work.alerts}
        terms |= {"start": 1.0 / self.runs}
        serial = (*SERIAL, "start", "alert_by_reference")
        return np.array([self.runs * terms.get(name, 0.0) * (python if name in serial else kernels) for name in FITTED])

    def given_s(self, machine: Machine) -> float:
        """Return the seconds of what is not fitted: attempts and people."""
        python, kernels = slower(machine.speeds)
        terms = work_terms(self.work)
        people = TIME.person * terms["person"] + TIME.person_month * terms["person_month"]
        attempts = 0.0 if self.work.engine == "reference" else TIME.attempt * terms["attempt"]
        return self.runs * (people * python + attempts * kernels)


def measured(name: str, rounds: int) -> Measured:
    """Run a case some times and keep the least that it took."""
    arguments = CASES[name]
    best = math.inf
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place) / "run"
            took = THIS.spent("run", *arguments, "--workers", "1", "--quiet", "--out", str(folder))
            best = min(best, took.processor_s)
            runs = sorted(folder.glob("r*/")) or [folder]
            peaks = [json.loads((one / RUN_JSON).read_text())["performance"]["peak_rss_bytes"] for one in runs]
            disk = sum(file.stat().st_size for one in runs for file in one.iterdir())
            work = Work.of(load_scenario(str(runs[0] / "scenario.yaml")))
    return Measured(name, work, len(runs), best, max(peaks), disk)


def fitted(found: Sequence[Measured], machine: Machine) -> dict[str, float]:
    """Return the coefficients, none below 0, whose errors are the least as shares of what was measured."""
    seconds = np.array([one.processor_s for one in found])
    left = seconds - np.array([one.given_s(machine) for one in found])
    amounts = np.array([one.amounts(machine) for one in found])
    values, _ = nnls(amounts / seconds[:, None], left / seconds)
    return dict(zip(FITTED, values.tolist(), strict=True))


def table(found: Sequence[Measured], machine: Machine) -> str:
    """Return what was measured, and what was reckoned in shares of it, in Markdown."""
    lines = [
        "| run, one worker | processor s | reckoned | MB at peak | reckoned | MB on disk | reckoned |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for one in found:
        actual = one.processor_s, one.memory_bytes, one.disk_bytes
        seconds, memory, disk = (
            f"{shown} | {expected / real:.2f}"
            for shown, expected, real in zip(
                (f"{actual[0]:.1f}", f"{actual[1] / 1e6:,.0f}", f"{actual[2] / 1e6:.2f}"),
                one.reckoned(machine),
                actual,
                strict=True,
            )
        )
        lines.append(f"| {one.name} | {seconds} | {memory} | {disk} |")
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    """Measure, print, perhaps write; return 1 where a time is off by more than a factor of two."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.forecast", description=__doc__)
    parser.add_argument(
        "--rounds", type=int, default=2, metavar="N", help="how often each run is made; the least counts"
    )
    parser.add_argument("--only", default="", metavar="WORD", help="cases whose names have this in them")
    parser.add_argument("--write", action="store_true", help=f"put the table into {PAGE.name}")
    chosen = parser.parse_args(arguments)
    found = []
    for name in CASES:
        if chosen.only in name:
            found.append(measured(name, chosen.rounds))
            print(f"{name}: {found[-1].processor_s:.1f} s", file=sys.stderr)
    machine = machine_of(measure())
    text = table(found, machine)
    print(f"{machine.speeds}\n\n{text}\n")
    best = fitted(found, machine)
    for name in (field.name for field in fields(Coefficients)):
        if name in best:
            print(f"{name}: {getattr(TIME, name):.3g} is used, {best[name]:.3g} fits these runs best")
    write_into(PAGE if chosen.write else None, "forecast", text)
    ratios = [one.reckoned(machine)[0] / one.processor_s for one in found]
    return int(not all(0.5 <= ratio <= 2.0 for ratio in ratios))


if __name__ == "__main__":
    sys.exit(main())
