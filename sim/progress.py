"""What a user sees while runs go on: one bar for the whole job, with simulated date, speed, time left."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

    from sim.running import Progress
    from sim.scenario import Scenario

Tell = Callable[[str], None]

FOUND_S = 0.04
"""Of runs side by side, those that come more quickly, in the mean since the last was told, were there before."""

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


class Course:
    """How far a job of several runs is, in runs, and how long the rest takes if it goes on as it went so far.

    Runs that an earlier command has made, and that take no time, count as done but say nothing of speed.
    """

    def __init__(self, total: int | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin.

        Args:
            total: How many runs there are, as far as is known.
            clock: Seconds.
        """
        self.total = total
        self.done = 0
        self._clock = clock
        self._began = self._last = clock()
        self._made = 0
        self.part = 0.0
        """The share of the run under way that is done."""

    def finished(self, done: int, made: bool | None = None) -> None:
        """Take note that so many runs are there by now.

        Args:
            done: How many.
            made: Whether those that came were made, or else were there before; judged by their time if not given.
        """
        now, more = self._clock(), done - self.done
        if made is None:
            made = now - self._last >= FOUND_S * more
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
        """Seconds that are left; None as long as nothing is made."""
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
    """What one run of a job shows: what it calls after each day."""

    def __init__(self, scenario: "Scenario") -> None:
        from sim.store.scope import Scope

        scope = Scope.of(scenario)
        self._start, self._first = scope.first_day - scope.warmup_days, scope.first_day
        self.total = scope.last_day - self._start + 1

    def share(self, day: int) -> float:
        """Return the share of the run that is done after a day."""
        return (day - self._start + 1) / self.total

    def shown(self, day: int) -> str:
        """Return the day, and that it belongs to the warm-up where it does."""
        from sim.base.days import calendar_date

        return f"{'warm-up ' if day < self._first else ''}{calendar_date(day)}"


class Job:
    """The bar of a job: of one run, or of several that are made one after the other.

    Runs know nothing of each other: ``of`` gives each what it calls after each day.
    """

    def __init__(self, course: Course, show: Callable[[float, str, str, str], None]) -> None:
        """Begin with nothing done.

        Args:
            course: How far it is.
            show: Shows the share that is done, what is at work, how quickly, and the time left.
        """
        self._course = course
        self._show = show

    def of(self, scenario: "Scenario") -> "Progress":
        """Return what the next run calls after each day."""
        days, course, began = Days(scenario), self._course, time.monotonic()

        def show(day: int, attempts: int) -> None:
            course.part = days.share(day)
            elapsed = time.monotonic() - began
            done = course.part * days.total
            speed = f"{done / elapsed:,.1f} days/s  {attempts / elapsed:,.0f} attempts/s" if elapsed else ""
            self._show(course.share, f"{self._which()}{days.shown(day)}", speed, lasting(course.left_s))

        return show

    def finished(self, done: int) -> None:
        """Take note that so many of the runs are there by now."""
        course = self._course
        course.finished(done, made=course.part > 0.0)
        self._show(course.share, f"{done:,} of {course.total:,} runs done", "", lasting(course.left_s))

    def _which(self) -> str:
        total = self._course.total
        return f"run {self._course.done + 1:,} of {total:,}, " if total and total > 1 else ""


def job(silent: bool, runs: int = 1) -> "AbstractContextManager[Job | None]":
    """Show one bar on standard error for a job of so many runs, one after the other: what is done, what time is left.

    Returns:
        A context of the bar; of None where nothing is shown, silent or without a terminal.
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
    silent: bool, of: str = "runs", expected: int | None = None
) -> "AbstractContextManager[tuple[Tell, Steps | None]]":
    """Show the progress of a job of many runs side by side on standard error: lines of text, and one bar.

    Args:
        silent: Nothing is shown; nor is it where standard error is no terminal.
        of: What is counted.
        expected: How many there will be, where they are asked for in several steps.

    Returns:
        A context of a function that prints a line, and one that is called with how many of how many of a step are done:
        None where nothing is shown.
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
    """The runs of a job that asks for them in steps, counted together.

    What earlier steps have asked for is done; how many runs later ones ask for is not known, but ``course`` may have
    been given a number to expect.
    """

    def __init__(self, course: Course, show: Callable[[float, str, str], None], unit: str = "runs") -> None:
        """Begin with nothing done.

        Args:
            course: How far it is, and how many runs are expected, if that is known.
            show: Shows the share that is done, what is done and at work, and the time left.
            unit: What is counted.
        """
        self.course, self._show, self._unit = course, show, unit
        self._expected = course.total
        self._before = self._total = 0

    def __call__(self, done: int, total: int) -> None:
        """Take note that so many of the runs of the current step are done; a step begins with none."""
        if done == 0:
            self._before += self._total
        self._total = total
        self.course.total = max(self._before + total, self._expected or 0)
        self.course.finished(self._before + done, made=True if self.course.part else None)
        self._show(self.course.share, str(self), lasting(self.course.left_s))

    def of(self, scenario: "Scenario") -> "Progress":
        """Return what a run calls after each day that is so large that it is made alone."""
        days, course = Days(scenario), self.course

        def show(day: int, _attempts: int) -> None:
            course.part = days.share(day)
            self._show(course.share, f"{self}, {days.shown(day)}", lasting(course.left_s))

        return show

    def __str__(self) -> str:
        about = "about " if self._expected is not None and self._expected >= self._before + self._total else ""
        return f"{self.course.done:,} of {about}{self.course.total or 0:,} {self._unit} done"
