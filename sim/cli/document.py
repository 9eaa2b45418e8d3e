"""The command line as a document, written from the program: each command with its arguments, options and examples.

``python -m sim.cli.document > docs/cli.md`` writes it, and a test holds the file to it.
"""

import textwrap
from typing import Any

import typer

from sim.cli import PROGRAM, app

WIDTH = 120

EXAMPLES: dict[str, tuple[tuple[str, str], ...]] = {
    "run": (
        ("tocsin run tiny --events all", "small, quick, and everything happens"),
        ("tocsin run no-local --seed 7 --scale 0.0001", "another policy on the same attempts"),
        (
            "tocsin run china-2022 --scale 0.01 --set desks.visit.staff=9000 --replicates 4",
            "one value changed; four runs, with seeds counting up",
        ),
        ("tocsin run china-2022 --scale 0.005 --pool country", "in seconds, with desks as long as the country's"),
        (
            "tocsin run my.yaml --draws 20",
            "the posterior draws stored with a scenario: what its parameters leave open",
        ),
        ("tocsin run china-2022 --replicates 8 --dry-run", "how many runs, how long, how much memory and disk here"),
        ("tocsin run china-2022 --checkpoint", "killed, the same command goes on; law-2022 branches in January 2022"),
    ),
    "runs": (("tocsin runs", "those in results/runs"),),
    "figures": (
        ("tocsin figures results/runs/NAME", "the figures of the scenario"),
        (
            "tocsin figures RUN losses@2022-05 cases_filed_change@2022-01..2022-06/2021-01..2021-06",
            "any quantity over any window, after the fact",
        ),
    ),
    "check": (("tocsin check results/runs/NAME", "exit code 1 where anything does not hold"),),
    "rerun": (
        ("tocsin rerun results/runs/NAME", "exit code 1 where a byte differs"),
        ("tocsin rerun results/runs/NAME --engine reference", "by the other engine"),
    ),
    "evidence": (
        ("tocsin evidence results/runs/NAME", "the ages of victims, for one, beside what is known of them"),
        ("tocsin evidence results/runs/NAME --months", "what must hold in every month, month by month"),
    ),
    "findings": (("tocsin findings results/runs/NAME", "a desk that is too busy, a figure that is off"),),
    "validate": (("tocsin validate my.yaml", "FILE:LINE:COL: key: what is wrong; what is allowed"),),
    "show": (("tocsin show my.yaml", "where each value was given, and what it rests on"),),
    "schema": (("tocsin schema > tocsin.schema.json", "the file that an editor is told of"),),
    "scenarios": (("tocsin scenarios", "what is bundled, and what each asks"),),
    "diff": (
        ("tocsin diff china-2022 no-local", "what a policy changes, lever by lever"),
        ("tocsin diff results/runs/A results/runs/B", "of two finished runs"),
    ),
    "new": (
        ("tocsin new policy", "policy.yaml, which extends the flagship and changes nothing yet"),
        ("tocsin new second-policy --from more-officers", "a policy on top of another"),
    ),
    "provinces": (
        ("tocsin provinces", "those of the flagship"),
        ("tocsin provinces my.yaml --set desks.visit.by_province.44.staff=1000", "whom a policy puts on duty"),
        ("tocsin provinces results/runs/NAME", "with the alerts a day that the run issued"),
    ),
    "explain": (
        ("tocsin explain", "the keys at the top of a scenario"),
        ("tocsin explain desks.visit.staff china-2022", "what it means, what the flagship says and why"),
        ("tocsin explain 'measures[bank_hold]'", "the keys of a measure of that kind"),
    ),
    "calibrate": (("tocsin calibrate my.yaml", "after an interrupt, the same command goes on"),),
    "compare": (
        (
            "tocsin compare china-2022 no-warning --scale 0.01 --replicates 5",
            "the same attempts under another policy, five times",
        ),
        ("tocsin compare china-2022 no-warning --scale 0.01 --draws 20", "over posterior draws"),
        ("tocsin compare results/runs/A results/runs/B", "two finished runs"),
    ),
    "attribute": (
        ("tocsin attribute china-2022 --scale 0.01", "all layers: alone, last, Shapley values, overlaps"),
        ("tocsin attribute my.yaml --scale 0.01 --gangs still", "as if gangs did not answer what attempts yield"),
    ),
    "sweep": (
        (
            'tocsin sweep my.yaml --vary desks.visit.staff=2000,4000,8000 --vary warning.tiers.red.deadline="2 h,24 h"',
            "every combination",
        ),
        (
            "tocsin sweep my.yaml --vary warning.app.read --vary dens.crew --design sobol --samples 64 "
            "--scheduler tcp://HOST:8786",
            "points spread over the ranges of two parameters, on a cluster",
        ),
    ),
    "sensitivity": (
        (
            "tocsin sensitivity china-2022 --scale 0.001 --vary 'warning.*'",
            "elementary effects (Morris); with --method sobol, shares of variance",
        ),
    ),
    "staffing": (
        (
            'tocsin staffing my.yaml --tier red --within "2 h" --share 0.95 --relative',
            "the smallest staff by province, and its cost curve",
        ),
        (
            'tocsin staffing my.yaml --tier red --within "2 h" --by-half-hour --replicates 4',
            "as many as each half hour of the day needs, as shifts, beside the flat staff",
        ),
    ),
    "explore": (
        (
            "tocsin explore china-2022 --scale 0.01 --pool country --vary desks.visit.staff=3000,9000 --vary dens.crew",
            "a page with two sliders over 24 simulated settings",
        ),
        ("tocsin explore results/sweeps/NAME-HASH --out what-if.html", "the page of a finished sweep, at once"),
    ),
    "report": (
        ("tocsin report results/runs/NAME", "report.html in the folder of the run"),
        ("tocsin report results/runs/BASE results/runs/OTHER --out page.html", "two runs beside each other"),
        ("tocsin report results/runs/compare-NAME", "what tocsin compare made: the base first, with intervals"),
        ("tocsin --language fr report results/runs/NAME", "in French"),
    ),
    "verify": (
        ("tocsin verify", "both engines; exit code 1 where theory does not bear anything"),
        ("tocsin verify --engine vector --quick", "a first look"),
        ("tocsin verify --write docs/verification.md", "the tables of the page, written anew"),
    ),
}
"""What people type, and what it is for, by command."""

INTRODUCTION = f"""\
# The command line

`python -m sim.cli.document > docs/cli.md` writes this file from the program itself. `{PROGRAM} COMMAND --help` shows
the same in a terminal; `python -m sim` is the same command.

Exit codes: 0 done; 1 a run or a check failed; 2 bad usage or a bad scenario, and then nothing was written. A mistake is
one line on standard error. `--json` prints one document for scripts instead of tables. Progress goes to standard error,
and only to a terminal. What may take longer than five minutes says so on standard error before it begins, unless it is
`--quiet`. What was done when stands in `log.txt` in the folder of a run or of an experiment. Where an option has no
default here, the scenario decides, or the sentence says what happens.

Before a command: `--version` prints the version; `--verbose` is that of the command; `--install-completion` teaches the
shell commands, options and the names of bundled scenarios; `--help` lists the commands; `--language en|zh|fr`, or the
variable `TOCSIN_LANGUAGE`, says in which language answers, findings and pages are, while what is stored, and `--json`,
is English.
"""


def document() -> str:
    """Return the whole document, in Markdown."""
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    contents = " · ".join(f"[{name}](#{name})" for name in commands)
    sections = [_section(name, command) for name, command in commands.items()]
    return "\n".join([INTRODUCTION, _wrapped(f"Commands: {contents}") + "\n", *sections])


def _section(name: str, command: Any) -> str:
    """Return what is said of one command."""
    arguments = [one for one in command.params if one.param_type_name == "argument"]
    options = [one for one in command.params if one.param_type_name == "option"]
    usage = " ".join([PROGRAM, name, *(one.metavar for one in arguments), *(["[OPTIONS]"] if options else [])])
    items = [_item(one.metavar, _notes(one), one.help) for one in arguments]
    items += [_item(_spelling(one), _notes(one), one.help) for one in options]
    examples = [f"# {meaning}\n{typed}" for typed, meaning in EXAMPLES[name]]
    parts = [f"## {name}", f"`{usage}`", _wrapped(command.help), *(["\n".join(items)] if items else [])]
    return "\n\n".join([*parts, "\n".join(["```sh", *examples, "```"])]) + "\n"


def _spelling(option: Any) -> str:
    """Return how an option is typed, with its value."""
    names = ", ".join((*option.opts, *option.secondary_opts))
    return names if option.is_flag else f"{names} {option.metavar}"


def _notes(parameter: Any) -> list[str]:
    """Return what is to be known of a value: its bounds, its default, whether it may be left out."""
    bounds = getattr(parameter, "type", parameter)  # click keeps them in the type, recent typer does not
    notes = []
    if getattr(bounds, "min", None) is not None:
        notes.append(f"at least {bounds.min}")
    if getattr(bounds, "max", None) is not None:
        notes.append(f"at most {bounds.max}")
    if parameter.param_type_name == "argument" and not parameter.required:
        notes.append("may be left out")
    if parameter.default not in (None, False) and not callable(parameter.default):
        notes.append(f"default {parameter.default}")
    return notes


def _item(typed: str, notes: list[str], meaning: str) -> str:
    """Return one line of a list, wrapped."""
    noted = f" ({', '.join(notes)})" if notes else ""
    return _wrapped(f"- `{typed}`{noted}: {meaning}", "  ")


def _wrapped(text: str, indent: str = "") -> str:
    return textwrap.fill(text, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


if __name__ == "__main__":
    typer.echo(document(), nl=False)
