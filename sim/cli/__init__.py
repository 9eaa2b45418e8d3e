"""The command line: parse, call, print. What is computed stands elsewhere.

Nothing heavy is imported before a command needs it, so that ``tocsin --help`` answers at once. However a command ends,
``main`` says so in one line (one line per mistake of bad input) and exits with its code.
"""

import contextlib
import gc
import inspect
import io
import os
import re
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from sim.base import __version__
from sim.base.failures import ENDING, MACHINE, FailedError, RefusedError, Terminated, raised
from sim.cli import experiments, runs, scenarios
from sim.cli.options import DONE, FAILED, REFUSED, as_option, one_by_one, refuse
from sim.language import ENGLISH, LANGUAGES, Terms, speaking, telling_in
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

COMMANDS = {one.__name__: one for group in GROUPS.values() for one in group}
"""The commands by name, in the order of the help."""

PROGRAM = "tocsin"
"""The name of the command, however it was started."""

OBJECTS_BETWEEN_LOOKS = 300_000
"""New objects after which Python looks for cycles of dead ones. Its default of 700 costs an eighth of a second: loading
numba makes half a million objects that stay alive."""

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


class _Group(TyperGroup):
    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the commands, each group below its heading."""
        for heading, group in GROUPS.items():
            with formatter.section(heading):
                formatter.write_dl([(one.__name__, " ".join(texts_of(one)[0].split())) for one in group])


def texts_of(command: Callable[..., None]) -> tuple[str, str]:
    """Return the help of a command, and its examples: lines for a shell, each after a comment on what it does."""
    text, _, examples = (inspect.getdoc(command) or "").partition("\n\n")
    return text, examples


app = typer.Typer(
    name=PROGRAM,
    help="Simulate how a country defends itself against telecom and online fraud.",
    cls=_Group,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for _name, _command in COMMANDS.items():
    app.command(_name, help=texts_of(_command)[0])(one_by_one(_command))


@app.callback()
def program(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version only.", callback=_print_version, is_eager=True)
    ] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", help="Print the log as it grows and, on failure, where in the program.")
    ] = False,
    language: Annotated[
        str,
        typer.Option(
            metavar="|".join(LANGUAGES),
            envvar="TOCSIN_LANGUAGE",
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
            for stream in (sys.stdout, sys.stderr):
                if isinstance(stream, io.TextIOWrapper):
                    stream.reconfigure(errors="backslashreplace")
            command = typer.main.get_command(app)
            if f"_{PROGRAM.upper()}_COMPLETE" in os.environ:  # a shell requests completions
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
    caller = " ".join([PROGRAM, *[one for one in arguments if one in COMMANDS][:1]])
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
    if isinstance(error, usage_error):
        context = getattr(error, "ctx", None)
        path = PROGRAM if context is None else context.command_path
        message = _plainly(" ".join(error.format_message().split()))  # type: ignore[attr-defined]
        return [f"{path}: {message.rstrip('.')}; see {path} --help"], REFUSED
    if isinstance(error, (FailedError, OverflowError, *MACHINE)) or what == NO_THREAD:
        # Some of the machine's errors say nothing.
        return [f"{caller}: failed: {what or type(error).__name__}{notes}"], FAILED
    return [f"{caller}: internal error: {_fault(error)}{notes}; please report it"], FAILED


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
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
