"""What a user sees while a run goes on: simulated date, speed, time left."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from sim.running import Progress
    from sim.scenario import Scenario

WIDE = 400
"""Columns of a table that goes to a pipe or file: nothing is folded there."""


def console() -> "Console":
    """Give standard output as a console: as wide as the terminal, or as it takes where there is none."""
    from rich.console import Console

    if sys.stdout.isatty():
        return Console(highlight=False)
    return Console(highlight=False, width=WIDE, force_terminal=False)


@contextmanager
def bar(scenario: "Scenario", silent: bool) -> "Iterator[Progress | None]":
    """Show a progress bar on standard error while a run goes on; nothing where that is no terminal.

    Gives what the run is to call after each day.
    """
    from rich.console import Console

    if silent or not sys.stderr.isatty():
        yield None
        return
    err = Console(stderr=True)
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    from sim.days import calendar_date
    from sim.results.scope import Scope

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


@contextmanager
def steps(
    silent: bool, of: str = "runs"
) -> "Iterator[tuple[Callable[[str], None], Callable[[int, int], None] | None]]":
    """Show what a long command is at on standard error, where that is a terminal: lines, and a bar of the step's runs.

    Gives what is to be told each line, and what is to be told how many runs (or what else it is made ``of``) of how
    many are done.
    """
    if silent or not sys.stderr.isatty():
        yield lambda line: None, None
        return
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
