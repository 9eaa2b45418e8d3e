"""Progress bars: one for a whole job, with the simulated date, the speed and the time left."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from sim.base.rounding import written
from sim.language.spoken import marked, said

if TYPE_CHECKING:
    from rich.console import Console

    from sim.running import Progress
    from sim.scenario import Scenario

Tell = Callable[[str], None]

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


def _hidden(silent: bool) -> bool:
    return silent or not sys.stderr.isatty()


class Course:
    """The progress of a job of several runs, in runs, and the remaining time at the same speed.

    Runs of an earlier command take no time: they count as done, but not for the speed.
    """

    def __init__(self, total: int | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        """Start.

        Args:
            total: How many runs there are, if known.
            clock: Returns seconds.
        """
        self.total = total
        self.done = 0
        self._clock = clock
        self._began = self._last = clock()
        self._made = 0
        self.part = 0.0
        """The share of the current run that is done."""

    def finished(self, done: int, made: bool | None = None) -> None:
        """Record how many runs are done.

        Args:
            done: How many.
            made: Whether the new ones were made, not found. By default judged by their time, until one was made:
                several that are made at once may finish together.
        """
        now, more = self._clock(), done - self.done
        if made is None:
            made = self._made > 0 or now - self._last >= FOUND_S * more
        if made:
            self._made += more
        else:
            self._began += now - self._last
        self.done, self.part, self._last = done, 0.0, now

    @property
    def share(self) -> float:
        """The share of all runs that is done."""
        return (self.done + self.part) / self.total if self.total else 0.0

    @property
    def elapsed_s(self) -> float:
        """Seconds for which runs have been made."""
        return self._clock() - self._began

    @property
    def left_s(self) -> float | None:
        """Seconds that are left; None until a run is made."""
        made = self._made + self.part
        if made <= 0.0 or not self.total:
            return None
        return self.elapsed_s / made * max(self.total - self.done - self.part, 0.0)


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
    """The progress bar of one run, or of several that are kept.

    ``of`` gives each run that is made alone the function that it calls after each day.
    """

    def __init__(self, course: Course, show: Callable[[float, str, str, str], None]) -> None:
        """Start with nothing done.

        Args:
            course: The progress.
            show: Shows the share that is done, the current run, the speed, and the time left.
        """
        self._course = course
        self._show = show

    def of(self, scenario: "Scenario") -> "Progress":
        """Return the function that the next run calls after each day; say so if it compiles its engine first."""
        days, course, began = Days(scenario), self._course, time.monotonic()
        self._show_compiling(scenario.spec.engine)

        def show(day: int, attempts: int) -> None:
            course.part = days.share(day)
            elapsed = time.monotonic() - began
            done = course.part * days.total
            speed = _speed(done / elapsed, attempts / elapsed) if elapsed else ""
            self._show(course.share, f"{self._which()}{days.shown(day)}", speed, lasting(course.left_s))

        return show

    def _show_compiling(self, engine: str) -> None:
        """Show for how long the engine will be compiled, if it is not."""
        from sim.forecast import compiling_s

        if seconds := compiling_s(engine):
            text = said("compiling, once, about {seconds} s", seconds=_number(seconds))
            self._show(self._course.share, f"{self._which()}{text}", "", lasting(None))

    def finished(self, done: int) -> None:
        """Record how many runs are done."""
        course = self._course
        course.finished(done, made=True if course.part else None)
        text = said("{done} of {total} runs done", done=_number(done), total=_number(course.total or 0))
        self._show(course.share, text, "", lasting(course.left_s))

    def _which(self) -> str:
        total = self._course.total
        if not total or total == 1:
            return ""
        return said("run {number} of {total}, ", number=_number(self._course.done + 1), total=_number(total))


def job(silent: bool, runs: int = 1) -> "AbstractContextManager[Job | None]":
    """Show one progress bar on standard error for runs that are kept.

    Returns:
        A context of the bar; of None if nothing is shown, because it is silent or there is no terminal.
    """
    return nullcontext() if _hidden(silent) else _job(runs)


@contextmanager
def _job(runs: int) -> "Iterator[Job]":
    from rich.progress import BarColumn, TextColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[speed]}"),
        TextColumn("{task.fields[left]}"),
    )
    with _on_terminal(*columns) as progress:
        task = progress.add_task("", total=1.0, speed="", left="")

        def show(share: float, what: str, speed: str, left: str) -> None:
            progress.update(task, completed=share, description=what, speed=speed, left=left)

        yield Job(Course(runs), show)


def _on_terminal(*columns: Any) -> "AbstractContextManager[Any]":
    from rich.console import Console
    from rich.progress import Progress

    return Progress(*columns, console=Console(stderr=True, highlight=False, soft_wrap=True), transient=True)


def steps(
    silent: bool, of: str = RUNS, expected: int | None = None
) -> "AbstractContextManager[tuple[Tell, Steps | None]]":
    """Show the progress of many parallel runs on standard error: lines of text, and one bar.

    Args:
        silent: Whether nothing is shown; nor is it if standard error is not a terminal.
        of: What is counted.
        expected: How many there will be, if they are requested in several steps.

    Returns:
        A context of a function that prints a line, and of the bar, which is called with the number done and the total
        of a step; None if nothing is shown.
    """
    return nullcontext((lambda line: None, None)) if _hidden(silent) else _steps(of, expected)


@contextmanager
def _steps(of: str, expected: int | None) -> "Iterator[tuple[Tell, Steps]]":
    from rich.progress import BarColumn, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[left]}"))
    with _on_terminal(*columns) as progress:
        task = progress.add_task("", total=1.0, left="")

        def show(share: float, what: str, left: str) -> None:
            progress.update(task, completed=share, description=what, left=left)

        yield progress.console.print, Steps(Course(expected), show, of)


class Steps:
    """The runs of a job that requests them in steps, counted together.

    The runs of earlier steps are done; the number of later ones is unknown, but ``course`` may have an expected total.
    """

    def __init__(self, course: Course, show: Callable[[float, str, str], None], unit: str = RUNS) -> None:
        """Start with nothing done.

        Args:
            course: The progress, and the expected total if known.
            show: Shows the share that is done, the number of runs, and the time left.
            unit: What is counted.
        """
        self.course, self._show, self._unit = course, show, unit
        self._expected = course.total
        self._before = self._total = 0

    def __call__(self, done: int, total: int) -> None:
        """Record how many runs of the current step are done; a step starts with none."""
        if done == 0:
            self._before += self._total
        self._total = total
        self.course.total = max(self._before + total, self._expected or 0)
        self.course.finished(self._before + done, made=True if self.course.part else None)
        self._show(self.course.share, str(self), lasting(self.course.left_s))

    def of(self, scenario: "Scenario") -> "Progress":
        """Return the function that a large run, made alone, calls after each day."""
        days, course = Days(scenario), self.course

        def show(day: int, _attempts: int) -> None:
            course.part = days.share(day)
            self._show(course.share, f"{self}, {days.shown(day)}", lasting(course.left_s))

        return show

    def __str__(self) -> str:
        words = {"done": _number(self.course.done), "total": _number(self.course.total or 0), "unit": said(self._unit)}
        if self._expected is not None and self._expected >= self._before + self._total:
            return said("{done} of about {total} {unit} done", **words)
        return said("{done} of {total} {unit} done", **words)


def _number(value: float) -> str:
    return written(f"{value:,.0f}")


def _speed(days: float, attempts: float) -> str:
    """Return days and attempts a second."""
    return said("{days} days/s  {attempts} attempts/s", days=written(f"{days:,.1f}"), attempts=_number(attempts))
