"""Measure how time and memory grow with scale, people, days and runs, for ``docs/scale.md``.

``python -m benchmarks.growth`` prints its tables; ``--write`` also keeps the measurements in ``growth.json`` and puts
the tables into the document. Every number in them is measured by that command, except those marked as computed; other
documents quote some of them (``benchmarks.told``).
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from benchmarks.limits import avx512
from sim.country.calendar import Calendar
from sim.scenario import Scenario, changed, load_scenario
from sim.store.provenance import machine, versions

BEGIN, END = "<!-- growth: begin -->", "<!-- growth: end -->"
DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "scale.md"
FILE = Path(__file__).with_suffix(".json")
CACHE = "NUMBA_CACHE_DIR"

EARTH = 8_000_000_000
"""People on Earth, United Nations, November 2022."""

PRICE = 0.04
"""Assumed price of a core for an hour, with 4 GB of memory, in US dollars; ask 0.01 to 0.06 of a provider."""

FIRST, LAST = date(2021, 1, 1), date(2022, 11, 30)
PROGRAM = "from sim.cli import main; main()"


@dataclass(frozen=True)
class Cost:
    """What a command took: seconds, seconds of all cores, bytes at peak and on disk; what it simulated."""

    wall_s: float
    core_s: float
    peak_bytes: int
    attempts: float = 0.0
    disk_bytes: int = 0


def run(scenario: str, place: Path, *given: str, **environment: str) -> Cost:
    """Run a scenario in a process of its own, with variables of the environment besides those of this one."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    target = place / "run"
    command = [sys.executable, "-c", PROGRAM, "run", scenario, "--quiet", "--out", str(target), *given]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL, env={**os.environ, **environment})
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    manifest = json.loads((target / "run.json").read_text())
    disk = sum(file.stat().st_size for file in target.rglob("*") if file.is_file())
    shutil.rmtree(target)
    speed = manifest["performance"]
    return Cost(
        wall_s=speed["wall_s"],
        core_s=after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        peak_bytes=speed["peak_rss_bytes"],
        attempts=speed["attempts_per_s"] * speed["wall_s"],
        disk_bytes=disk,
    )


def planet(days: int) -> Scenario:
    """Give the flagship with as many people as Earth, and everything else in proportion, for some days."""
    base = load_scenario("china-2022")
    spec = base.spec
    rows = [row.model_dump(mode="json") for row in spec.population.provinces]
    times = EARTH / sum(row["population"] for row in rows)
    for row in rows:
        row["population"] = round(row["population"] * times)
    levels = {channel: getattr(spec.fraud.volumes, channel).level for channel in ("call", "sms", "online")}
    contacts = {channel: getattr(spec.population.legitimate, channel) for channel in ("call", "sms", "online")}
    return changed(
        base,
        {
            "population.provinces": rows,
            **{
                f"fraud.volumes.{channel}.level": f"{round(level * times)} per day" for channel, level in levels.items()
            },
            **{f"population.legitimate.{name}": f"{round(count * times)} per day" for name, count in contacts.items()},
            "desks.call.staff": spec.desks.call.staff * times,
            "desks.visit.staff": spec.desks.visit.staff * times,
            "aftermath.investigation.capacity": f"{spec.aftermath.investigation.capacity * times:.6f} per day",
            "aftermath.investigation.backlog": round(spec.aftermath.investigation.backlog * times),
            "period.end": (spec.period.start + timedelta(days=days - 1)).isoformat(),
            "period.warmup": "0 d",
        },
    )


class Echo(Executor):
    """Answers at once with the outcome of a run that was made before: what is left is the sweep's own cost."""

    def __init__(self, outcome: dict[str, Any]) -> None:
        self.outcome = outcome

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        """Return a future that is done, whatever was asked for."""
        future: Future[Any] = Future()
        future.set_result((self.outcome, 0.0))  # and the seconds that it took
        return future


def keep(runs: int) -> Cost:
    """Sweep so many points whose runs take no time, in a process of its own."""
    program = (
        "import resource, sys, tempfile, time; from pathlib import Path; from benchmarks.growth import Echo;"
        "from sim.experiments.sweep import sweep; from sim.scenario import load_scenario; runs = int(sys.argv[1]);"
        "scenario = load_scenario('china-2022', scale=0.01); echo = Echo({f'quantity {n}': n for n in range(90)});"
        "place = tempfile.TemporaryDirectory(); started = time.perf_counter();"
        "sweep(scenario, {'dens.crew': [], 'desks.visit.staff': []}, 'lhs', runs, folder=Path(place.name) / 's',"
        " executor=echo); wall = time.perf_counter() - started;"
        "print(wall, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)"
    )
    done = subprocess.run([sys.executable, "-c", program, str(runs)], check=True, capture_output=True, text=True)
    wall, peak = done.stdout.split()
    return Cost(float(wall), float(wall), int(peak))


def sweep(place: Path, points: int, *given: str) -> float:
    """Sweep some points of the flagship, thinned; gives seconds from start to end of the command."""
    vary = ["--vary", "warning.app.read", "--vary", "warning.dissuasion.fatigue", "--design", "lhs"]
    short = ["--scale", "0.002", "--set", "period={start: 2022-07-01, end: 2022-09-30, warmup: 31 d}"]
    started = time.perf_counter()
    target = place / f"sweep-{time.monotonic_ns()}"
    command = [sys.executable, "-c", PROGRAM, "sweep", "china-2022", *vary, "--samples", str(points), *short, "--quiet"]
    subprocess.run([*command, "--out", str(target), *given], check=True)
    return time.perf_counter() - started


@contextmanager
def dask(place: Path, workers: int) -> Iterator[str]:
    """Give the address of a Dask scheduler on this machine with some workers of one thread each."""
    file = place / "scheduler.json"
    shared = ["--scheduler-file", str(file), "--no-dashboard"]
    program = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0", *shared]
    quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    started = [subprocess.Popen(program, **quiet)]
    try:
        while not file.exists():
            time.sleep(0.1)
        worker = [sys.executable, "-m", "distributed.cli.dask_worker", *shared, "--nthreads", "1", "--no-nanny"]
        started += [subprocess.Popen(worker, **quiet) for _ in range(workers)]
        address = json.loads(file.read_text())["address"]
        from distributed import Client

        with Client(address, set_as_default=False) as client:
            client.wait_for_workers(workers)
        yield address
    finally:
        for process in started[::-1]:
            process.kill()
            process.wait()


def measured(place: Path, quick: bool) -> dict[str, Any]:
    """Measure what the documents tell: by name, with what was measured on, by which version and when."""
    cores, load = os.cpu_count() or 1, os.getloadavg()[0]
    spec = load_scenario("china-2022").spec
    calendar = Calendar.of(spec.period)
    compiling = run("tiny", place, **{CACHE: str(place / "cache")})  # nothing is compiled before
    compiled = run("tiny", place, **{CACHE: str(place / "cache")})
    run("china-2022", place, "--scale", "0.0001")  # what else is compiled
    found: dict[str, Any] = {
        "about": {
            "date": f"{date.today()}",
            "machine": machine_said(),
            "load": round(load),
            "version": versions()["tocsin"],
            "sources": versions()["sources"],
            "command": "python -m benchmarks.growth" + (" --quick" if quick else "") + " --write",
        },
        "people": sum(row.population for row in spec.population.provinces),
        "simulated_days": calendar.last - calendar.first + 1,
        "compiling_core_s": compiling.core_s - compiled.core_s,
        "pooled": asdict(run("china-2022", place, "--scale", "0.005", "--pool", "country")),
        "scales": {
            f"{scale:g}": asdict(run("china-2022", place, "--scale", f"{scale:g}"))
            for scale in (0.001, 0.01, 0.1) + (() if quick else (1.0,))
        },
        "days": {},
    }
    for days in (30, 90, 270, (LAST - FIRST).days + 1):
        end = FIRST + timedelta(days=days - 1)
        period = f"period={{start: {FIRST}, end: {end}, warmup: 0 d}}"
        found["days"][f"{days}"] = asdict(run("china-2022", place, "--scale", "0.1", "--set", period))
    days = 2 if quick else 14
    file = place / "planet.yaml"
    file.write_text(planet(days).yaml().replace("name: china-2022", "name: planet", 1))
    found["earth"] = {"days": days, **asdict(run(str(file), place))}
    file.unlink()
    points = 8 if quick else 32
    sweeps = {"1 process": sweep(place, points, "--workers", "1")}
    sweeps[f"{cores} processes"] = sweep(place, points, "--workers", str(cores))
    with dask(place, cores) as address:
        sweep(place, cores, "--scheduler", address)  # workers load the program once
        sweeps[f"Dask, {cores} workers"] = sweep(place, points, "--scheduler", address)
    found["sweeps"] = {"points": points, "wall_s": sweeps}
    found["kept"] = {f"{runs}": asdict(keep(runs)) for runs in (100, 1000)}
    return found


def tables(found: dict[str, Any]) -> Iterator[str]:
    """Give the document's tables, line by line, of what was measured."""
    about, people, costs = found["about"], found["people"], ("wall s", "core s", "MB at peak")
    beside = f", at a load of {about['load']}, so that seconds of wall say little" if about["load"] else ""
    yield f"{about['date']}, {about['machine']}{beside}; tocsin {about['version']}, sources {about['sources']}."
    yield ""
    yield from head(f"scale, {found['simulated_days']} days with warm-up", "people", "attempts", *costs, "MB on disk")
    scales = {scale: Cost(**cost) for scale, cost in found["scales"].items()}
    for scale, cost in scales.items():
        many = f"{people * float(scale) / 1e6:,.1f} m"
        yield row(scale, many, attempts(cost), *figures(cost), f"{cost.disk_bytes / 1e6:.0f}")
    cost = Cost(**found["pooled"])
    many = f"{people * 0.005 / 1e6:,.1f} m"
    yield row("0.005, in one pool", many, attempts(cost), *figures(cost), f"{cost.disk_bytes / 1e6:.0f}")
    yield ""
    yield from head("days at scale 0.1, no warm-up", "attempts", *costs)
    for days, cost in ((days, Cost(**cost)) for days, cost in found["days"].items()):
        yield row(days, attempts(cost), *figures(cost))
    yield ""
    earth = dict(found["earth"])
    name, cost = f"Earth, {earth.pop('days')} days", Cost(**earth)
    yield from head("one to one", "people", "attempts", *costs)
    yield row(name, "8,000 m", attempts(cost), *figures(cost))
    yield ""
    if not about["load"]:  # these are of wall alone, of which a busy machine says nothing
        yield from of_wall(found)
    small, (largest, large) = scales["0.001"], max(scales.items(), key=lambda item: float(item[0]))
    each = (large.core_s - small.core_s) / (large.attempts - small.attempts)
    yield from reckoned(
        found["simulated_days"],
        small.core_s - each * small.attempts,
        each,
        large.attempts / float(largest),
        EARTH / people,
    )


def of_wall(found: dict[str, Any]) -> Iterator[str]:
    """Give the tables of seconds of wall: many runs side by side, and what an experiment itself takes."""
    points, walls = found["sweeps"]["points"], found["sweeps"]["wall_s"]
    yield from head(f"{points} runs of 123 days at scale 0.002", "wall s", "runs a second", "to one process")
    for name, wall in walls.items():
        yield row(name, f"{wall:,.1f}", f"{points / wall:.2f}", f"{walls['1 process'] / wall:.2f}")
    yield ""
    yield from head("runs that take no time, kept and written", "wall s", "ms a run", "MB at peak")
    for runs, cost in ((int(runs), Cost(**cost)) for runs, cost in found["kept"].items()):
        each, peak = 1e3 * cost.wall_s / runs, cost.peak_bytes / 1e6
        yield row(f"{runs:,}", f"{cost.wall_s:,.1f}", f"{each:.1f}", f"{peak:,.0f}")
    yield ""


def reckoned(days: int, fixed: float, each: float, attempts: float, earth: float) -> Iterator[str]:
    """Reckon what many runs take.

    Args:
        days: Simulated days of a run.
        fixed: Core seconds of a run without attempts.
        each: Core seconds of an attempt.
        attempts: Attempts of the country.
        earth: How many times as many people live on Earth.

    Yields:
        The lines of a table.
    """
    yield f"Reckoned: {1e9 * each:.1f} core s a billion attempts, {fixed:.1f} core s a run without any."
    yield ""
    spent = ("core hours", "hours on 2 cores", "hours on 1,000 cores", f"US$ at {PRICE} a core hour")
    yield from head(f"{days} days", "runs", *spent)
    for name, scale, runs in (
        ("a hundredth of China", 0.01, 1),
        ("a hundredth of China", 0.01, 10_000),
        ("China one to one", 1.0, 1),
        ("China one to one", 1.0, 10_000),
        ("Earth one to one", earth, 1),
        ("Earth one to one", earth, 10_000),
    ):
        hours = runs * (fixed + each * attempts * scale) / 3600
        many = digits(hours / 1000) if runs >= 1000 else ""  # a single run cannot use so many
        yield row(name, f"{runs:,}", digits(hours), digits(hours / 2), many, digits(hours * PRICE))


def digits(value: float) -> str:
    """Give a number with three significant digits."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def figures(cost: Cost) -> tuple[str, str, str]:
    """Give seconds and megabytes as cells."""
    return f"{cost.wall_s:,.1f}", f"{cost.core_s:,.1f}", f"{cost.peak_bytes / 1e6:,.0f}"


def attempts(cost: Cost) -> str:
    """Give the attempts of a run as a cell."""
    return f"{cost.attempts / 1e6:,.0f} m"


def machine_said() -> str:
    """Say what is measured on, in a few words."""
    about = machine()
    vectors = "with AVX-512" if avx512() else "without AVX-512"
    return f"{about['processor']} {vectors}, {about['cores']} cores, {int(about['memory_bytes']) / 2**30:.0f} GiB"


def head(*cells: str) -> Iterator[str]:
    """Give the head of a table."""
    yield row(*cells)
    yield row("---", *["---:"] * (len(cells) - 1))


def row(*cells: str) -> str:
    """Give a line of a table."""
    return f"| {' | '.join(cells)} |"


def main(arguments: Sequence[str]) -> None:
    """Measure, print, and write where that is asked for."""
    parser = argparse.ArgumentParser(prog="benchmarks.growth")
    parser.add_argument("--quick", action="store_true", help="smaller amounts")
    parser.add_argument("--write", action="store_true", help=f"replace the tables in {DOCUMENT.name}")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as place:
        found = measured(Path(place), given.quick)
    print("\n".join(tables(found)))
    if given.write:
        FILE.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        write()


def write() -> None:
    """Put the tables of what was measured last into the document."""
    text = DOCUMENT.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    lines = tables(json.loads(FILE.read_text(encoding="utf-8")))
    DOCUMENT.write_text("\n".join([before + BEGIN, *lines, END]) + after, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main(sys.argv[1:])
