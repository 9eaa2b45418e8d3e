"""The site's reference pages, written from the declarations: commands, keys and bounds of scenarios, tables of a run.

``python -m tools.references PAGE`` prints one of them.
"""

import re
import sys
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

import typer
from pydantic import BaseModel

from sim.cli import COMMANDS, PROGRAM, app, texts_of
from sim.scenario import bounds
from sim.scenario.bounds import LONGEST_DAYS, Within
from sim.scenario.keys import (
    NAME,
    NAMED,
    NO_UNIT,
    NUMBER,
    TOP,
    all_below,
    allowed,
    every_key,
    fields,
    kind_of,
    meaning,
    purpose,
    shape,
)
from sim.scenario.schema import rules
from sim.scenario.schema.base import Distribution, Parameters
from sim.store.columns import Column, StoredTable
from sim.store.tables import FLOW_QUANTITIES, SCENARIO_LISTS, STATE_QUANTITIES, TABLES, Quantity

WIDTH = 120


def _wrapped(text: str, indent: str = "") -> str:
    return textwrap.fill(text, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


INTRODUCTION = f"""\
# The command line

For everybody who types commands: after this page you can look up any option of `{PROGRAM}`. `{PROGRAM} COMMAND --help`
shows the same in a terminal, and `python -m sim` is the same command.

Exit codes: 0 done; 1 a run or a check failed; 2 bad usage or a bad scenario, and nothing was written. Each mistake is
one line on standard error. `--json` prints one document for scripts instead of tables. Progress goes to standard error,
and only to a terminal. A command that may take more than five minutes says so on standard error before it starts,
except with `--quiet`. `log.txt` in the folder of a run or an experiment says what was done when. An option without a
default is decided by the scenario, unless its text says otherwise.

Before a command: `--version` prints the version; `--verbose` is the option of the command; `--install-completion`
teaches the shell commands, options and bundled names; `--help` lists the commands; `--language en|zh|fr`, or the
variable `TOCSIN_LANGUAGE`, sets the language of answers, findings and pages. Help, meanings of keys, `tocsin verify`,
errors, stored files and `--json` are always English.
"""


def commands_page() -> str:
    """Return the page of commands, in Markdown."""
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    contents = " · ".join(f"[{name}](#{name})" for name in commands)
    sections = [_section(name, command) for name, command in commands.items()]
    return "\n".join([INTRODUCTION, _wrapped(f"Commands: {contents}") + "\n", *sections])


def _section(name: str, command: Any) -> str:
    """Return the section of one command."""
    arguments = [one for one in command.params if one.param_type_name == "argument"]
    options = [one for one in command.params if one.param_type_name == "option"]
    usage = " ".join([PROGRAM, name, *(one.metavar for one in arguments), *(["[OPTIONS]"] if options else [])])
    items = [_item(one.metavar, _notes(one), one.help) for one in arguments]
    items += [_item(_spelling(one), _notes(one), one.help) for one in options]
    parts = [f"## {name}", f"`{usage}`", _wrapped(command.help), *(["\n".join(items)] if items else [])]
    return "\n\n".join([*parts, f"```sh\n{texts_of(COMMANDS[name])[1]}\n```\n"])


def _spelling(option: Any) -> str:
    """Return how an option is typed, with its value."""
    names = ", ".join((*option.opts, *option.secondary_opts))
    return names if option.is_flag else f"{names} {option.metavar}"


def _notes(parameter: Any) -> list[str]:
    """Return notes about a value: its bounds, its default, whether it may be omitted."""
    bounds = getattr(parameter, "type", parameter)  # click keeps them in the type, recent typer does not
    notes = []
    if getattr(bounds, "min", None) is not None:
        notes.append(f"at least {bounds.min}")
    if getattr(bounds, "max", None) is not None:
        notes.append(f"at most {bounds.max}")
    if parameter.param_type_name == "argument" and not parameter.required:
        notes.append("optional")
    if parameter.default not in (None, False) and not callable(parameter.default):
        notes.append(f"default {parameter.default}")
    return notes


def _item(typed: str, notes: list[str], meaning: str) -> str:
    """Return one line of a list, wrapped."""
    noted = f" ({', '.join(notes)})" if notes else ""
    return _wrapped(f"- `{typed}`{noted}: {meaning}", "  ")


LONGEST_EXAMPLE = 200
"""Most characters of an example; profiles of 48 half hours are longer and left out."""

MOST_PLACES = 4
"""Most places that are listed for a part that is used in many."""

KEYS = """\
# The keys of a scenario

For people who write scenarios: every key with its meaning, unit, effect, bounds and an example. `tocsin explain KEY
SCENARIO` prints the same for one key, with the value of a scenario and its source. How a scenario is written:
[scenario.md](../scenario.md). The reasons for the bounds: [bounds.md](bounds.md).

`NAME` stands for any name, `[KIND]` for a measure of that kind, `0` for the position of a row. *More of it* says what a
larger number does if nothing else changes.
"""


def keys_page() -> str:
    """Return the page of keys, in Markdown."""
    places: dict[type[BaseModel], dict[str, None]] = {}  # the keys that hold each part, in order
    for path, key in every_key().items():
        places.setdefault(key.owner, {})[path.rpartition(".")[0]] = None
    return (
        "\n".join([KEYS, *(line for model, holders in places.items() for line in _part(model, list(holders)))]) + "\n"
    )


def _part(model: type[BaseModel], places: list[str]) -> Iterator[str]:
    """Yield the lines about a part: its place, its purpose and its keys."""
    kind = kind_of(model)
    first = "The top" if not places[0] else f"`measures[{kind}]`" if kind else f"`{places[0]}`"
    yield f"## {first}"
    yield ""
    about = purpose(model)
    if issubclass(model, Distribution | Parameters):
        about += " It may be used wherever a duration is drawn."
    elif len(places) > 1:
        others = [f"`{place}`" for place in places[1 : MOST_PLACES + 1]]
        more = len(places) - 1 - len(others)
        about += f" Also at {', '.join(others)}" + (f" and {more} more." if more else ".")
    yield _wrapped(about)
    yield ""
    for name in fields(model):
        yield _wrapped(f"- `{NAME if name == NAMED else name}`: {_said(model, name)}", "  ")
    yield ""


def _said(model: type[BaseModel], name: str) -> str:
    """Return the whole entry of a key."""
    said, expected = meaning(model, name), shape(model).child(name)
    unit = f"*Unit:* {said.unit}." if said.unit != NO_UNIT else "No unit."
    label, _, effect = (said.direction or "").partition(":")
    direction = f"*{label}:*{effect}" if label else None
    words = allowed(expected)
    bounds = f"*Allowed:* {words}." if words else None
    shown = said.example is not None and len(said.example) <= LONGEST_EXAMPLE
    example = f"*Example:* `{said.example}`" if shown else None
    parts = (said.text, None if expected.models() and said.unit == NO_UNIT else unit, direction, bounds, example)
    return " ".join(part for part in parts if part)


BOUNDS = f"""\
# The bounds of a scenario's numbers

For people who write scenarios: the smallest and largest value of each number, and the reason.

The page is written from `sim/scenario/bounds.py` and the schema.

Bounds are inclusive. They exclude only absurd values, so that sums of counts stay within 63 bits and formulas of the
model within the numbers of a double. A value outside its bounds is refused before anything is computed; so is an end of
a `range`. Durations are whole milliseconds up to {LONGEST_DAYS:,} d: a longer one is a mistake in its unit.

Some numbers are absurd only together. Also refused:

- growth by more than e^{rules.LARGEST_EXPONENT:g}, or to less than 1 / e^{rules.LARGEST_EXPONENT:g}, between its
  reference date and a simulated day: a double could not hold the factor;
- losses whose largest possible draw, median x growth x e^({rules.LUCKIEST} sigma), is above
  {bounds.plain(rules.MOST_LOST)} units of money: so no loss is ever cut;
- more than {rules.MOST_IN_A_CELL:,} attempts of one day, province, channel and type, legitimate contacts above
  `grid.low`, or cases in a province's backlog: identities can number no more;
- staff that grows above {bounds.MOST_STAFF:,};
- weights with which a detector would see more than all contacts of a province on some day.

Money is summed in cents, hundredths of a unit, and all sums of a run must stay below 2^62. A larger sum is an error of
the run in both engines, and nothing of the run is kept (section 10 of [model.md](../model.md)).

`NAME`, `CHANNEL` and `TIER` stand for any of them, `measures.NAME[KIND]` for a measure of that kind, `...` for any key.
"""

ALIKE = (
    (re.compile(r"(?<!desks\.)(?<!warning\.)(?<!stop\.)(?<!wage\.)(?<!false_alarm\.)\b(call|sms|online)\b"), "CHANNEL"),
    (re.compile(r"\b(red|orange|yellow|blue)\b"), "TIER"),
    (re.compile(r"\[\w+\]\.(ramp|steps)"), r".\1"),
    (re.compile(r".*\.lognormal\.sigma"), "....lognormal.sigma"),
    (re.compile(r".*\.weibull\.shape"), "....weibull.shape"),
)
"""Keys that are listed as one: their patterns, and the text."""


def bounds_page() -> str:
    """Return the page of bounds, in Markdown."""
    keys: dict[Within, list[str]] = {}
    for key, bound in numbers():
        keys.setdefault(bound, []).append(key)
    declared = [mark for value in vars(bounds).values() for mark in getattr(value, "__metadata__", ())]
    return "\n".join([BOUNDS, *(_paragraph(mark, keys[mark]) for mark in declared if mark in keys)]) + "\n"


def numbers() -> Iterator[tuple[str, Within]]:
    """Find every number of the schema: its dotted key, ``NAME`` for any name and without rows, and its bounds."""
    for key in all_below(TOP):
        path = key.path.replace(f".{NUMBER}", "").replace("measures[", f"measures.{NAME}[")
        for option, marks in key.shape.leaves((list, tuple)):
            yield from ((path, mark) for mark in marks if isinstance(mark, Within) and option in (int, float))


def _paragraph(bound: Within, keys: list[str]) -> str:
    zero = "0, or " if bound.or_zero else ""
    for pattern, word in ALIKE:
        keys = list(dict.fromkeys(pattern.sub(word, key) for key in keys))
    text = f"- **{zero}{bounds.plain(bound.low)} to {bounds.plain(bound.high)}{bound.unit}**: {bound.why}."
    shown = ", ".join(f"`{key}`" for key in keys)
    return _wrapped(f"{text} {shown}", "  ")


TABLES_HEAD = """\
# The tables of a run

For people who analyse runs: every table with its columns, types, units and values.

The page is written from the declarations in `sim/store/tables.py`.

Each table is a Parquet file in the folder of a run, and a DataFrame of `sim.Run` with the same name. All tables except
the log hold sums: one row for each combination of keys that occurs, sorted by the keys in the order of the columns,
null first. Days are those of the period, without the warm-up. Section 9 of `docs/model.md` says what each number means
in the model.

**A run of a sample has the counts of the sample.** At `--scale 0.005` a sum over a table is that of one person in 200:
multiply it by 1 / scale to get the country's, except for quantities marked as whole. `attrs["scale"]` and
`attrs["unit"]` of each DataFrame say so. `run.to_frame("victims", by="month")`, `run.figure`, `run.totals` and
`run.figures` are scaled up to the country.
"""


def tables_page() -> str:
    """Return the page of tables, in Markdown."""
    return "\n".join([TABLES_HEAD, *(part for table in TABLES.values() for part in _of_table(table))])


def _of_table(table: StoredTable) -> list[str]:
    """Return the paragraphs of a table."""
    columns = [
        (
            f"`{column.name}`",
            "yes" if column.key else "",
            column.arrow,
            "yes" if column.nullable else "",
            column.unit,
            " ".join([column.meaning, *_values(column)]),
        )
        for column in table.columns
    ]
    parts = [
        f"## `{table.name}`\n",
        f"{table.meaning} {_order(table)}\n",
        _grid(("column", "key", "type", "null", "unit", "meaning and values"), columns),
    ]
    quantities: dict[str, tuple[Quantity, ...]] = {"flows": FLOW_QUANTITIES, "state": STATE_QUANTITIES}
    if table.name in quantities:
        rows = [
            (
                f"`{one.name}`",
                one.of,
                one.unit,
                "yes" if one.whole else "",
                f"{one.meaning[0].upper()}{one.meaning[1:]}.",
            )
            for one in quantities[table.name]
        ]
        parts.append(_grid(("quantity", "of", "unit", "whole", "meaning"), rows))
    return parts


def _order(table: StoredTable) -> str:
    """Return how rows are sorted and when those of a day are final."""
    if table.is_log:
        return f"Sorted by {', '.join(table.sorted_by)}."
    if table.late is None:
        return "Rows of a day are final when no alert of that day is alive."
    months = {0: "with the month", 1: "a month after their month"}[table.late]
    return f"Rows are final {months}."


def _values(column: Column) -> list[str]:
    """Return a sentence about the values of a column, where they are listed somewhere."""
    if isinstance(column.labels, str):
        return [f"Values: {SCENARIO_LISTS[column.labels]}."]
    if column.kind == "text":
        return ["Values: below."]
    if column.kind == "label":
        shown = [label for code, label in enumerate(column.labels) if column.codes is None or code in column.codes]
        return [f"Values: {', '.join(f'`{label}`' for label in shown)}."]
    if column.bins is not None and column.bins.open_ended:
        return [f"Values: {', '.join(f'{edge:,}' for edge in column.bins.edges)} and null."]
    if column.bins is not None:
        return [f"Values: {column.bins.edges[0]:,} and its doubles."]
    return []


def _grid(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines) + "\n"


PAGES = {"cli": commands_page, "keys": keys_page, "bounds": bounds_page, "tables": tables_page}
"""The pages by name."""

if __name__ == "__main__":
    print(PAGES[sys.argv[1]](), end="")
