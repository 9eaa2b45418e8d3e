"""What a user sees while a run goes on: simulated date, speed, time left."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from sim.running import Progress
    from sim.scenario import Scenario

Tell = Callable[[str], None]
Count = Callable[[int, int], None]

WIDE = 400
"""Columns of a console that is no terminal, so that no table is folded."""


def console() -> "Console":
    """Return a console on standard output, as wide as its terminal or ``COLUMNS``, else as wide as tables need."""
    from rich.console import Console

    columns = os.environ.get("COLUMNS", "")
    if sys.stdout.isatty() or columns.isdecimal():
        return Console(highlight=False)
    return Console(highlight=False, width=WIDE, force_terminal=False)


def _hidden(silent: bool) -> bool:
    return silent or not sys.stderr.isatty()


def bar(scenario: "Scenario", silent: bool) -> "AbstractContextManager[Progress | None]":
    """Show a progress bar on standard error while a run goes on.

    Returns:
        A context of what the run calls after each day: None where nothing is shown, silent or without a terminal.
    """
    return nullcontext() if _hidden(silent) else _bar(scenario)


@contextmanager
def _bar(scenario: "Scenario") -> "Iterator[Progress]":
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    from sim.days import calendar_date
    from sim.results.scope import Scope

    err = Console(stderr=True)
    scope = Scope.of(scenario)
    start = scope.first_day - scope.warmup_days
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[speed]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=err, transient=True) as progress:
        task = progress.add_task(str(calendar_date(start)), total=scope.last_day - start + 1, speed="")

        def show(day: int, attempts: int) -> None:
            elapsed = progress.tasks[0].elapsed or 0.0
            done = day - start + 1
            speed = f"{done / elapsed:,.1f} days/s  {attempts / elapsed:,.0f} attempts/s" if elapsed else ""
            progress.update(task, completed=done, description=str(calendar_date(day)), speed=speed)

        yield show


def steps(silent: bool, of: str = "runs") -> "AbstractContextManager[tuple[Tell, Count | None]]":
    """Show the progress of a long command on standard error: lines of text, and a bar of the current step.

    Args:
        silent: Nothing is shown; nor is it where standard error is no terminal.
        of: What a step is made of.

    Returns:
        A context of a function that prints a line, and one that is called with how many of how many are done: None
        where nothing is shown.
    """
    return nullcontext((lambda line: None, None)) if _hidden(silent) else _steps(of)


@contextmanager
def _steps(of: str) -> "Iterator[tuple[Tell, Count]]":
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    err = Console(stderr=True, highlight=False, soft_wrap=True)
    columns = (TextColumn(of), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True) as progress:
        task = progress.add_task("", total=None)

        def show(done: int, total: int) -> None:
            if done == 0:
                progress.reset(task, total=total)
            progress.update(task, completed=done, total=total)

        yield progress.console.print, show
