"""Progress bars: one for a whole job, with the simulated date, the speed and the time left."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sim.base.rounding import written
from sim.language import marked, said

if TYPE_CHECKING:
    from rich.console import Console

    from sim.running import Progress
    from sim.scenario import Scenario

RUNS = marked("runs")

FOUND_S = 0.04
"""Seconds per run below which runs count as found, not made."""

WIDE = 400
"""Columns of a console that is not a terminal, so that no table is folded."""


def console() -> "Console":
    """Return a console on standard output, as wide as its terminal or ``COLUMNS``, else wide enough for tables."""
    from rich.console import Console

    columns = os.environ.get("COLUMNS", "")
    if sys.stdout.isatty() or columns.isdecimal():
        return Console(highlight=False)
    return Console(highlight=False, width=WIDE, force_terminal=False)


def lasting(seconds: float | None) -> str:
    """Return a duration as a bar shows it, ``1:02:03``."""
    if seconds is None:
        return "-:--:--"
    whole = round(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"


class Days:
    """The days of one run, as its job shows them."""

    def __init__(self, scenario: "Scenario") -> None:
        from sim.store.columns import Scope

        scope = Scope.of(scenario)
        self._start, self._first = scope.first_day - scope.warmup_days, scope.first_day
        self.total = scope.last_day - self._start + 1

    def share(self, day: int) -> float:
        """Return the share of the run that is done after a day."""
        return (day - self._start + 1) / self.total

    def shown(self, day: int) -> str:
        """Return the day, marked if it belongs to the warm-up."""
        from sim.base.days import calendar_date

        shown = str(calendar_date(day))
        return said("warm-up {day}", day=shown) if day < self._first else shown


class Job:
    """The progress of a job of one run or several, shown by one bar.

    Runs of an earlier command take no time: they count as done, but not for the speed. Some jobs request their runs in
    steps and know the number of each when it starts.
    """

    def __init__(
        self,
        show: Callable[[float, str, str, str], None],
        runs: int = 1,
        expected: int = 0,
        unit: str = RUNS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Start with nothing done.

        Args:
            show: Shows the share that is done, what is done or simulated now, the speed, and the time left.
            runs: How many runs there are, or are in the first step.
            expected: How many there will be at least, if they are requested in several steps.
            unit: What is counted.
            clock: Returns seconds.
        """
        self._show, self._step, self._expected, self._unit, self._clock = show, runs, expected, unit, clock
        self._before = self._done = self._made = 0
        self._part = 0.0
        self._began = self._last = clock()

    @property
    def _total(self) -> int:
        return max(self._before + self._step, self._expected)

    def __call__(self, done: int, total: int) -> None:
        """Record how many runs of the current step are done; a step starts with none."""
        if done == 0:
            self._before = self._done
        self._step = total
        self.finished(self._before + done)

    def finished(self, done: int) -> None:
        """Record how many runs are done.

        Whether the new ones were made, not found, is judged by their days or their time until one was made: several
        that are made at once may finish together.
        """
        now, more = self._clock(), done - self._done
        if self._part or self._made or now - self._last >= FOUND_S * more:
            self._made += more
        else:
            self._began += now - self._last
        self._done, self._part, self._last = done, 0.0, now
        words = {"done": _number(done), "total": _number(self._total), "unit": said(self._unit)}
        if self._expected >= self._before + self._step:
            self._tell(said("{done} of about {total} {unit} done", **words))
        else:
            self._tell(said("{done} of {total} {unit} done", **words))

    def of(self, scenario: "Scenario") -> "Progress":
        """Return the function that a run which is made alone calls after each day; say so if it compiles first."""
        from sim.forecast import compiling_s

        which, days, began = "", Days(scenario), self._clock()
        if self._total > 1:
            which = said("run {number} of {total}, ", number=_number(self._done + 1), total=_number(self._total))
        if seconds := compiling_s(scenario.spec.engine):
            self._tell(which + said("compiling, once, about {seconds} s", seconds=_number(seconds)))

        def show(day: int, attempts: int) -> None:
            self._part = days.share(day)
            elapsed, speed = self._clock() - began, ""
            if elapsed:
                speed = said(
                    "{days} days/s  {attempts} attempts/s",
                    days=written(f"{self._part * days.total / elapsed:,.1f}"),
                    attempts=_number(attempts / elapsed),
                )
            self._tell(which + days.shown(day), speed)

        return show

    def _tell(self, what: str, speed: str = "") -> None:
        """Show what is done, and the time left at the speed so far; unknown until a run is made."""
        made, done = self._made + self._part, self._done + self._part
        left = (self._clock() - self._began) / made * max(self._total - done, 0.0) if made else None
        self._show(done / self._total if self._total else 0.0, what, speed, lasting(left))


@contextmanager
def progress_bar(
    silent: bool, runs: int = 1, expected: int = 0, unit: str = RUNS
) -> "Iterator[tuple[Callable[[str], None], Job]]":
    """Show one progress bar on standard error; none if it is silent or standard error is not a terminal.

    Args:
        silent: Whether nothing is shown.
        runs: How many runs there are.
        expected: How many there will be at least, if they are requested in several steps.
        unit: What is counted.

    Yields:
        A function that prints a line above the bar, and the job.
    """
    if silent or not sys.stderr.isatty():
        yield (lambda line: None), Job(lambda *shown: None, runs, expected, unit)
    else:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn

        texts = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[speed]}{task.fields[left]}"))
        console = Console(stderr=True, highlight=False, soft_wrap=True)
        with Progress(*texts, console=console, transient=True) as progress:
            task = progress.add_task("", total=1.0, speed="", left="")

            def show(share: float, what: str, speed: str, left: str) -> None:
                speed = f"{speed} " if speed else ""
                progress.update(task, completed=share, description=what, speed=speed, left=left)

            yield console.print, Job(show, runs, expected, unit)


def _number(value: float) -> str:
    return written(f"{value:,.0f}")
