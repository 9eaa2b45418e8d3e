"""The command line: parses, calls, prints; what is computed stands elsewhere.

Nothing heavy is imported before a command needs it, so that ``tocsin --help`` answers at once. However a command ends,
``main`` tells it in one line (of bad input, in one line a mistake) and exits with its code.
"""

import contextlib
import errno
import gc
import io
import os
import sys
import traceback
from itertools import takewhile
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from sim.cli import runs, scenarios
from sim.cli.common import DONE, FAILED, REFUSED, app, refuse, told_plainly

# isort: split
from sim.cli import beginning  # the help lists commands in this order

# isort: split
from sim.cli import experiments

# isort: split
from sim.cli import sensitivity

# isort: split
from sim.cli import staffing

# isort: split
from sim.cli import explore

# isort: split
from sim.cli import report

# isort: split
from sim.base.failures import MACHINE, FailedError, RefusedError, Terminated
from sim.base.interrupts import ENDING, Ending
from sim.base.renamed import RenamedWarning
from sim.base.version import __version__
from sim.cli import verify
from sim.language.spoken import ENGLISH, LANGUAGES, Terms, speaking, telling_in
from sim.scenario.errors import ascii_controls

__all__ = [
    "app",
    "beginning",
    "experiments",
    "explore",
    "main",
    "report",
    "runs",
    "scenarios",
    "sensitivity",
    "staffing",
    "verify",
]

PROGRAM = "tocsin"
"""The name of the command, however it was started."""

COMPLETE = f"_{PROGRAM.upper()}_COMPLETE"
"""The variable by which a shell asks what could follow."""

OBJECTS_BETWEEN_LOOKS = 300_000
"""Python looks for cycles of dead objects after so many new ones, not after its 700: loading numba makes half a million
that live on, and to look through them took an eighth of a second."""

NO_NAME = (errno.ENAMETOOLONG, errno.ELOOP)
"""What the system says of a path that can be none, too long or a loop of links, wherever it was given."""

NO_THREAD = "can't start new thread"
"""What Python says where the machine allows no further thread; the error has no kind of its own."""


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"{PROGRAM} {__version__}")
        raise typer.Exit(DONE)


def _speak(context: typer.Context, language: str) -> None:
    """Speak a language until the command has ended."""
    if language not in LANGUAGES:
        refuse(f"--language {ascii_controls(language)}: is none of them; {', '.join(LANGUAGES)}")
    context.with_resource(speaking(language))


@app.callback()
def options(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option("--version", help="Print the version and nothing else.", callback=_print_version, is_eager=True),
    ] = False,
    verbose: Annotated[
        bool,
        typer.Option("--verbose", help="As of a command; of any, where something fails, show where in the program."),
    ] = False,
    language: Annotated[
        str,
        typer.Option(
            metavar="|".join(LANGUAGES),
            envvar="TOCSIN_LANGUAGE",
            help="The language of answers, findings and pages; what is stored, and --json, is English.",
        ),
    ] = ENGLISH,
) -> None:
    """Take the options that stand before a command."""
    _speak(context, language)
    context.with_resource(telling_in(Terms()))
    context.with_resource(told_plainly(RenamedWarning, "once"))


def main() -> NoReturn:
    """Run the command line and exit with its code."""
    arguments = sys.argv[1:] or ["--help"]
    lines: list[str] = []
    verbose = "--verbose" in arguments
    ending = Ending(silent=not verbose)
    try:
        ending.listen(*ENDING)
        gc.set_threshold(OBJECTS_BETWEEN_LOOKS)
        _open_streams()
        command = typer.main.get_command(app)
        if COMPLETE in os.environ:
            command.main(prog_name=PROGRAM)
        # Not click's own ``main``: an interrupt would reach us as another error, without what was noted of it.
        with command.make_context(PROGRAM, list(arguments)) as context:
            command.invoke(context)
        code = DONE
        sys.stdout.flush()
    except BaseException as error:
        lines, code = told(ending.meant(error) or error, arguments)
        if verbose and lines and code == FAILED:
            traceback.print_exception(error)
    _tell(lines)
    ending.listen_no_more()
    sys.exit(code)


def told(error: BaseException, arguments: list[str]) -> tuple[list[str], int]:
    """Return the lines that tell how a command ended, and its exit code.

    Args:
        error: What ended it.
        arguments: The command line, without the name of the program.

    Returns:
        One line; of bad input one line a mistake. And 1 where a run failed, 2 where nothing was begun.
    """
    # click's error for bad usage; recent typer carries click within itself.
    usage_error = typer.BadParameter.__mro__[1]
    command = arguments[len(_before_command(arguments)) :][:1]
    caller = " ".join([PROGRAM, *command])
    notes = "".join(f"; {note}" for note in getattr(error, "__notes__", ()))
    what = " ".join(str(error).split())
    match error:
        case RefusedError():
            return [line if error.placed else f"{caller}: {line}" for line in error.lines], REFUSED
        case Terminated():
            return [f"{caller}: ended by {what}{notes}"], FAILED
        case KeyboardInterrupt() | typer.Abort():
            return [f"{caller}: interrupted{notes}"], FAILED
        case BrokenPipeError():
            return [], FAILED  # whoever read what is printed has read enough, as head does
        case typer.Exit():
            return [], error.exit_code
        case SystemExit():
            return [], error.code if isinstance(error.code, int) else FAILED
    if isinstance(error, OSError) and error.errno in NO_NAME:
        return [f"{caller}: {str(error.filename)[:40]}...: {error.strerror}; another name"], REFUSED
    if isinstance(error, usage_error):
        context = getattr(error, "ctx", None)
        path = PROGRAM if context is None else context.command_path
        message = " ".join(error.format_message().split())  # type: ignore[attr-defined]
        return [f"{path}: {message.rstrip('.')}; see {path} --help"], REFUSED
    if isinstance(error, (FailedError, OverflowError, *MACHINE)) or what == NO_THREAD:
        # Some of the machine's errors say nothing.
        return [f"{caller}: failed: {what or type(error).__name__}{notes}"], FAILED
    return [f"{caller}: failed by a fault of the program: {_fault(error)}{notes}; please report it"], FAILED


def _before_command(arguments: list[str]) -> list[str]:
    """Return what stands before the command: the options of the program as a whole."""
    known = {one.callback.__name__ for one in app.registered_commands if one.callback is not None}
    return list(takewhile(lambda one: one not in known, arguments))


def _fault(error: BaseException) -> str:
    """Return the kind of an error, what it says, and the line of the program where it arose."""
    package, trace, place = Path(__file__).parents[1], error.__traceback__, ""
    while trace is not None:
        file = Path(trace.tb_frame.f_code.co_filename)
        if file.is_relative_to(package):
            place = f" ({file.relative_to(package.parent)}:{trace.tb_lineno})"
        trace = trace.tb_next
    return f"{type(error).__name__}: {' '.join(str(error).split())[:300]}{place}"


def _tell(lines: list[str]) -> None:
    """Write lines to standard error; what stands in standard output and cannot be written is let go."""
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
    """Give the streams of this process what they need to be written to, or else to fail as streams do.

    Where one is closed, the next file that is opened takes its number, and what is printed would go into a table. A
    closed standard output cannot be written to, which is an error as soon as something is; messages are let go.
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
