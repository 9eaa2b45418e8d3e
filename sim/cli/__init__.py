"""The command line: parse, call, print. What is computed stands elsewhere.

Nothing heavy is imported before a command needs it, so that ``tocsin --help`` answers at once. However a command ends,
``main`` says so in one line (one line per mistake of bad input) and exits with its code.
"""

import contextlib
import errno
import gc
import io
import os
import re
import sys
import traceback
from collections.abc import Callable
from itertools import takewhile
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from sim.base.failures import ENDING, MACHINE, FailedError, RefusedError, Terminated, raised
from sim.base.version import __version__
from sim.cli import experiments, runs, scenarios
from sim.cli.options import DONE, FAILED, REFUSED, app, as_option, refuse
from sim.language.spoken import ENGLISH, LANGUAGES, Terms, speaking, telling_in
from sim.scenario.errors import ScenarioError, ascii_controls

__all__ = ["COMMANDS", "app", "main"]

GROUPS: dict[str, tuple[Callable[..., None], ...]] = {
    "Run": (
        *(runs.run, experiments.compare, experiments.studio, experiments.sweep, experiments.attribute),
        *(experiments.staffing, experiments.sensitivity, experiments.calibrate, experiments.predict),
    ),
    "Ask": (
        *(scenarios.scenarios, scenarios.new, scenarios.explain, scenarios.provinces, scenarios.show),
        *(scenarios.diff, scenarios.schema),
    ),
    "Look": (runs.figures, runs.findings, runs.evidence, runs.report, runs.runs, experiments.ledger),
    "Check": (scenarios.validate, runs.check, runs.rerun, experiments.verify),
}
"""The commands, in the order of the help, by what they are for."""

COMMANDS = tuple(one for group in GROUPS.values() for one in group)
"""The commands, in the order of the help."""

PROGRAM = "tocsin"
"""The name of the command, however it was started."""

LANGUAGE = "TOCSIN_LANGUAGE"
"""The variable that sets the language."""

COMPLETE = f"_{PROGRAM.upper()}_COMPLETE"
"""The variable by which a shell requests completions."""

OBJECTS_BETWEEN_LOOKS = 300_000
"""New objects after which Python looks for cycles of dead ones. Its default of 700 costs an eighth of a second: loading
numba makes half a million objects that stay alive."""

NO_NAME = (errno.ENAMETOOLONG, errno.ELOOP)
"""Errors of the system for an impossible path: too long, or a loop of links."""

NO_THREAD = "can't start new thread"
"""Python's message where the machine allows no further thread; which raises a plain RuntimeError."""


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"{PROGRAM} {__version__}")
        raise typer.Exit(DONE)


def _speak(context: typer.Context, language: str) -> str:
    """Speak a language until the command has ended."""
    if language not in LANGUAGES:
        refuse(f"--language {ascii_controls(language)}: must be one of {', '.join(LANGUAGES)}")
    context.with_resource(speaking(language))
    return language


app.take(GROUPS)


@app.callback()
def program(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option("--version", help="Print the version only.", callback=_print_version, is_eager=True),
    ] = False,
    verbose: Annotated[
        bool,
        typer.Option("--verbose", help="Print the log as it grows and, on failure, where in the program."),
    ] = False,
    language: Annotated[
        str,
        typer.Option(
            metavar="|".join(LANGUAGES),
            envvar=LANGUAGE,
            is_eager=True,
            callback=_speak,
            help="Language of answers, findings and pages. All else is English.",
        ),
    ] = ENGLISH,
) -> None:
    """Take the options that stand before a command."""
    context.with_resource(telling_in(Terms()))


def main() -> NoReturn:
    """Run the command line and exit with its code."""
    arguments = sys.argv[1:] or ["--help"]
    lines: list[str] = []
    verbose = "--verbose" in arguments
    try:
        with raised(*ENDING):
            gc.set_threshold(OBJECTS_BETWEEN_LOOKS)
            _open_streams()
            command = typer.main.get_command(app)
            if COMPLETE in os.environ:
                command.main(prog_name=PROGRAM)
            # Not click's own ``main``: it turns an interrupt into another error, without its notes.
            with command.make_context(PROGRAM, list(arguments)) as context:
                command.invoke(context)
            code = DONE
            sys.stdout.flush()
    except BaseException as error:
        lines, code = told(error, arguments)
        if verbose and lines and code == FAILED:
            traceback.print_exception(error)
    _tell(lines)
    sys.exit(code)


def told(error: BaseException, arguments: list[str]) -> tuple[list[str], int]:
    """Return the lines that say how a command ended, and its exit code.

    Args:
        error: What ended it.
        arguments: The command line, without the name of the program.

    Returns:
        One line, or one line per mistake of bad input; and 1 where a run failed, 2 where nothing was started.
    """
    # click's error for bad usage; recent typer carries click within itself.
    usage_error = typer.BadParameter.__mro__[1]
    command = arguments[len(_before_command(arguments)) :][:1]
    caller = " ".join([PROGRAM, *command])
    notes = "".join(f"; {note}" for note in getattr(error, "__notes__", ()))
    what = " ".join(str(error).split())
    if isinstance(error, OSError) and error.filename and error.strerror:
        what = f"{error.filename}: {error.strerror}"
    match error:
        case ScenarioError():
            return list(map(as_option, error.mistakes)), REFUSED
        case RefusedError():
            return [line if error.placed else f"{caller}: {line}" for line in error.lines], REFUSED
        case Terminated():
            return [f"{caller}: ended by {what}{notes}"], FAILED
        case KeyboardInterrupt() | typer.Abort():
            return [f"{caller}: interrupted{notes}"], FAILED
        case BrokenPipeError():
            return [], FAILED  # the reader, such as head, has read enough
        case typer.Exit():
            return [], error.exit_code
        case SystemExit():
            return [], error.code if isinstance(error.code, int) else FAILED
    if isinstance(error, OSError) and error.errno in NO_NAME:
        return [f"{caller}: {str(error.filename)[:40]}...: {error.strerror}; use another name"], REFUSED
    if isinstance(error, usage_error):
        context = getattr(error, "ctx", None)
        path = PROGRAM if context is None else context.command_path
        message = _plainly(" ".join(error.format_message().split()))  # type: ignore[attr-defined]
        return [f"{path}: {message.rstrip('.')}; see {path} --help"], REFUSED
    if isinstance(error, (FailedError, OverflowError, *MACHINE)) or what == NO_THREAD:
        # Some of the machine's errors say nothing.
        return [f"{caller}: failed: {what or type(error).__name__}{notes}"], FAILED
    return [f"{caller}: internal error: {_fault(error)}{notes}; please report it"], FAILED


def _before_command(arguments: list[str]) -> list[str]:
    """Return the arguments before the command: options of the whole program."""
    known = {one.__name__ for one in COMMANDS}
    return list(takewhile(lambda one: one not in known, arguments))


def _fault(error: BaseException) -> str:
    """Return the class of an error, its message, and the line of the program that raised it."""
    package, trace, place = Path(__file__).parents[1], error.__traceback__, ""
    while trace is not None:
        file = Path(trace.tb_frame.f_code.co_filename)
        if file.is_relative_to(package):
            place = f" ({file.relative_to(package.parent)}:{trace.tb_lineno})"
        trace = trace.tb_next
    return f"{type(error).__name__}: {' '.join(str(error).split())[:300]}{place}"


PLAINLY = {
    r"Input should be a valid integer.*": "must be a whole number",
    r"Input should be a valid number.*": "must be a number",
    r"Input should be greater than or equal to (\S+)": r"must be at least \1",
    r"Input should be less than or equal to (\S+)": r"must be at most \1",
}
"""What typer says of a value, as a pattern, and what this program says."""


def _plainly(message: str) -> str:
    """Return what is wrong with an option, in the words of other errors."""
    for pattern, text in PLAINLY.items():
        message = re.sub(pattern, text, message)
    return message


def _tell(lines: list[str]) -> None:
    """Write lines to standard error; drop what cannot be written to standard output."""
    with contextlib.suppress(OSError, ValueError):
        for line in lines:
            typer.echo(ascii_controls(line), err=True)
        sys.stderr.flush()
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def _open_streams() -> None:
    """Open the standard streams that are closed.

    Otherwise the next file that is opened takes the number of a closed stream, and printed text goes into a table.
    Writing to a standard output that was closed stays an error; messages to a closed standard error are dropped.
    """
    for number, flags in ((0, os.O_RDONLY), (1, os.O_RDONLY), (2, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, flags)  # the lowest number that is free
    if sys.stdin is None:
        sys.stdin = open(0, closefd=False)  # noqa: SIM115 - it stays open
    if sys.stdout is None:
        sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = open(2, "w", closefd=False)  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
