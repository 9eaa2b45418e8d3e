"""The command line: parses, calls, prints; what is computed stands elsewhere.

Nothing heavy is imported before a command needs it, so that ``tocsin --help`` answers at once.
"""

import contextlib
import gc
import io
import os
import sys
from typing import Annotated, Any, NoReturn

import typer

from sim.cli import runs, scenarios
from sim.cli.common import DONE, FAILED, REFUSED, app

# isort: split
from sim.cli import experiments  # the help lists commands in this order

# isort: split
from sim.cli import sensitivity

# isort: split
from sim.cli import staffing

# isort: split
from sim.cli import report

# isort: split
from sim.cli import verify
from sim.version import __version__

__all__ = ["app", "experiments", "main", "report", "runs", "scenarios", "sensitivity", "staffing", "verify"]

PROGRAM = "tocsin"
"""The name of the command, however it was started."""

INTERRUPTED = 130

OBJECTS_BETWEEN_LOOKS = 300_000
"""Python looks for cycles of dead objects after so many new ones, not after its 700: loading numba makes half a million
that live on, and to look through them took an eighth of a second."""


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"{PROGRAM} {__version__}")
        raise typer.Exit(DONE)


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option("--version", help="Print the version and nothing else.", callback=_print_version, is_eager=True),
    ] = False,
) -> None:
    """Take the options that stand before a command."""


def main() -> NoReturn:
    """Run the command line and exit with its code."""
    gc.set_threshold(OBJECTS_BETWEEN_LOOKS)
    # click's error for bad usage; recent typer carries click within itself.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    usage_error = typer.BadParameter.__mro__[1]
    try:
        code = typer.main.get_command(app).main(sys.argv[1:] or ["--help"], prog_name=PROGRAM, standalone_mode=False)
        sys.stdout.flush()
    except (KeyboardInterrupt, typer.Abort):
        typer.echo(f"{PROGRAM}: interrupted", err=True)
        code = FAILED
    except OSError as error:
        # Standard output that is closed or full, a current folder that is gone.
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        typer.echo(f"{PROGRAM}: {error}; what was finished before is kept", err=True)
        code = FAILED
    except Exception as error:
        if not isinstance(error, usage_error):
            raise
        _print_usage_error(error)
        code = REFUSED
    # click's own code for an interrupt is none of ours.
    sys.exit(FAILED if code == INTERRUPTED else code or DONE)


def _print_usage_error(error: Any) -> None:
    command = error.ctx.command_path if error.ctx is not None else PROGRAM
    message = " ".join(error.format_message().split())
    typer.echo(f"{command}: {message.rstrip('.')}; see {command} --help", err=True)
