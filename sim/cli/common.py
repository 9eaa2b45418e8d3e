"""What commands share: printing, warnings, running behind one-line errors, exit codes."""

from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import typer

from sim.base.failures import UsageError
from sim.cli.application import Application
from sim.language.spoken import said, tell_in
from sim.scenario.errors import ascii_controls

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Executor

    from sim.experiments.simulations import Computing
    from sim.progress import Job as Bar
    from sim.progress import Steps
    from sim.reading.run import Run
    from sim.scenario import Scenario
    from sim.scenario.errors import Mistake

DONE, FAILED, REFUSED = 0, 1, 2
"""Exit codes: done; a run (or a check) failed; bad usage or a bad scenario, nothing was written."""

app = Application("tocsin", "Simulate how a country defends itself against telecom and online fraud.")


def refuse(*lines: str) -> NoReturn:
    """End with bad usage: one line per mistake."""
    raise UsageError(*lines)


def in_its_terms(scenario: "Scenario") -> "Scenario":
    """Use the terms of a scenario until the command ends; return the scenario."""
    tell_in(scenario.spec.terms)
    return scenario


def print_json(document: dict[str, Any]) -> None:
    """Print one JSON document."""
    from sim.store.folder import to_json

    typer.echo(to_json(document), nl=False)


def tell(line: str) -> None:
    """Print a line of text."""
    typer.echo(ascii_controls(line))


def settings_of(texts: list[str] | None) -> dict[str, str]:
    """Read ``--set KEY=VALUE``; ends the command where that is something else."""
    pairs: dict[str, str] = {}
    for setting in texts or []:
        key, equals, value = setting.partition("=")
        if not equals:
            refuse(f"--set {ascii_controls(setting)}: has no value; use --set dotted.key=value")
        pairs[key] = value
    return pairs


OPTIONS = {
    "engine": "--engine",
    "scale": "--scale",
    "population.pool": "--pool",
    "population.pool.apart": "--apart",
    "seed": "--seed",
    "calibration.draws": "--draw",
    "record.events": "--events",
}
"""Options by the key that each sets."""


def as_option(mistake: "Mistake") -> str:
    """Return the line of a mistake; it names the option that was typed, ``--scale``, not the key that it sets."""
    key = mistake.key.rstrip("0123456789").rstrip(".")
    if mistake.place.layer != "argument" or key not in OPTIONS:
        return str(mistake)
    return str(replace(mistake, key=OPTIONS[key]))


def event_share(text: str | None) -> str | float | None:
    """Read ``--events``; the scenario itself checks that a share is within its bounds."""
    if text is None or text in ("none", "all"):
        return text
    try:
        return float(text)
    except ValueError:
        refuse(f"--events {ascii_controls(text)}: must be 'none', 'all' or a number from 0 to 1")


def warn_aside(line: str) -> None:
    """Print a warning on standard error."""
    typer.echo(said("warning: {line}", line=ascii_controls(line)), err=True)


@contextmanager
def keeping(note: "str | Callable[[], str]") -> "Iterator[None]":
    """Let an error that ends a ``with`` block say what was kept."""
    try:
        yield
    except (Exception, KeyboardInterrupt) as error:
        error.add_note(note if isinstance(note, str) else note())
        raise


def run_once(
    scenario: "Scenario",
    folder: Path | None,
    workers: int | None,
    bar: "Bar | None",
    timed: bool,
    verbose: bool = False,
) -> "Run":
    """Run once, and show its progress in the bar of its job."""
    from sim.running import run
    from sim.store.provenance import process_age_s

    kept = f"nothing of this run was kept{f' in {folder}' if folder is not None else ''}"
    with keeping(kept):
        age_s = process_age_s() if timed else 0.0
        progress = None if bar is None else bar.of(scenario)
        return run(
            scenario,
            folder,
            workers=workers,
            progress=progress,
            age_s=age_s,
            verbose=verbose,
        )


@dataclass
class Runs:
    """Where the runs of an experiment are made and shown; ``place`` is the folder of finished ones."""

    executor: "Executor | None"
    workers: int | None
    progress: "Steps | None"
    verbose: bool = False
    place: Path | None = None

    @property
    def computing(self) -> "Computing":
        """Who makes the runs, as experiments take it."""
        return {
            "executor": self.executor,
            "workers": self.workers,
            "progress": self.progress,
            "verbose": self.verbose,
            "days": None if self.progress is None else self.progress.of,
        }

    def kept_in(self, folder: Path) -> Path:
        """Remember and return the folder from which an interrupted experiment resumes."""
        self.place = folder
        return folder


def resumable(folder: Path) -> str:
    """Return the note of an interrupted command that resumes."""
    return f"finished runs are kept in {folder}; run the same command again to resume"


def varied(texts: list[str]) -> dict[str, list[Any]]:
    """Read ``--vary KEY=A,B,...``, values as in a scenario's file; ends the command where that is something else."""
    from sim.scenario.errors import Place
    from sim.scenario.reading import read_nodes

    found: dict[str, list[Any]] = {}
    start = Place("--vary", 1, 1, "argument")
    for text in texts:
        key, equals, values = text.partition("=")
        shown = ascii_controls(text)
        if not key or key in found:
            refuse(f"--vary {shown}: {'key given twice' if key else 'has no key'}; use --vary dotted.key=value,value")
        nodes = [read_nodes(value.encode(), start)[0] for value in values.split(",") if equals]
        if any(node is None or isinstance(node.value, dict | list | None) for node in nodes):
            refuse(f"--vary {shown}: must be a list of single values; use --vary dotted.key=value,value")
        found[key] = [node.value for node in nodes if node is not None]
    return found
