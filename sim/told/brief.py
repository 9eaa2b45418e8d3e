"""The brief form of an answer on the terminal: one screen of 100 columns, the answer last."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from sim.language.spoken import counted, marked, said
from sim.reading.findings import OF_FIGURES, foremost
from sim.told.costs import cost_rows
from sim.told.one import Answer, Number
from sim.told.terminal import (
    Figure,
    agreement_said,
    agrees,
    figure_parts,
    figure_table,
    heading,
    mean_parts,
    paragraph,
    totals_table,
    warning_parts,
)
from sim.told.text_tables import BELOW, TextTable
from sim.told.vocabulary import quantity_named

if TYPE_CHECKING:
    from rich.text import Text

    from sim.reading.run import Run

LINES, COLUMNS = 40, 100
"""The most lines of a brief answer on a terminal of so many columns."""

ROOM = ((8, 4), (8, 1), (4, 1), (4, 0), (2, 0))
"""How many warnings, and figures that are off, are shown: the first of these that fits. The rest is counted."""

CHANGES = 6
"""Levers that are shown; the rest is counted."""

WARNINGS = 6
"""Warnings above a comparison; the rest is counted."""

POLICIES = 24
"""Policies side by side; the rest is counted."""

BESIDE = ("cases_filed", "victims", "loss_money")
"""Quantities of several policies side by side."""


def run_brief(answer: Answer, runs: "Sequence[Run]", made: str, width: int) -> "Iterator[TextTable | Text]":
    """Yield one screen of a run, or of replicates or draws: warnings, figures that are off, findings, then the answer.

    Args:
        answer: The answer.
        runs: The runs.
        made: A line that says where they lie.
        width: Columns of the terminal.

    Yields:
        Tables and paragraphs.
    """
    if len(runs) == 1:
        # What the table of figures shows needs no sentence.
        others = [row for row in runs[0].found if row["kind"] not in OF_FIGURES]
        answer = replace(answer, findings=tuple(foremost(others)))
    is_judged = len(runs) == 1 and runs[0].manifest.get("policy_of") is None  # no report is about a policy
    figures = runs[0].manifest["figures"] if is_judged else []

    def screen(width: int, warnings: int, misses: int) -> "Iterator[TextTable | Text]":
        yield from _warnings(answer.warnings[:warnings], len(answer.warnings), width)
        yield from _figures(figures, misses, width)
        yield from found_parts(answer, width)
        yield paragraph(made, width, 0, style="dim")
        yield from answer_parts(_with_full(answer), width)

    fitting = (one for one in ROOM if _lines(screen(COLUMNS, *one)) <= LINES)
    yield from screen(width, *next(fitting, ROOM[-1]))


def run_full(answer: Answer, runs: "Sequence[Run]", made: str, width: int) -> "Iterator[TextTable | Text]":
    """Yield every table of a run, or of replicates or draws, then the answer; arguments are those of ``run_brief``."""
    first = runs[0].manifest
    yield from warning_parts(answer.warnings, width)
    yield from found_parts(answer, width)
    if len(runs) == 1:
        yield from figure_parts(first["figures"], first.get("policy_of"), width)
        if all(figure["simulated"] is None for figure in first["figures"]):
            yield totals_table(first["totals"])
        if costs := cost_rows(runs[0]):
            yield TextTable(costs[0], rows=[tuple(row) for row in costs[1:]])
            answer = replace(answer, costs=())  # the table has their total
    else:
        yield from mean_parts([run.manifest["figures"] for run in runs], width, answer.draws)
    yield paragraph(made, width, 0, style="dim")
    yield from answer_parts(answer, width)


def comparison_brief(answers: Sequence[Answer], made: str, width: int) -> "Iterator[TextTable | Text]":
    """Yield one screen of a comparison: of one policy what it changes and its answer, of several a line each.

    Args:
        answers: The answer of each policy.
        made: A line that says where the runs lie.
        width: Columns of the terminal.

    Yields:
        Tables and paragraphs.
    """
    first = _with_full(answers[0])
    yield from _warnings(first.warnings[:WARNINGS], len(first.warnings), width)
    if len(answers) > 1:
        yield paragraph(made, width, 0, style="dim")
        yield from _side_by_side(answers, width)
        yield from _next(first, width)
    else:
        yield from _changes(first, width)
        yield from found_parts(first, width)
        yield paragraph(made, width, 0, style="dim")
        yield from answer_parts(first, width)


def experiment_brief(
    answer: Answer, parts: "Sequence[TextTable | str]", made: str, width: int
) -> "Iterator[TextTable | Text]":
    """Yield one screen of an experiment: warnings, tables with as many rows as there is room for, then the answer.

    Args:
        answer: The answer.
        parts: Tables and paragraphs, most important rows first.
        made: A line that says where the runs lie.
        width: Columns of the terminal.

    Yields:
        Tables and paragraphs.
    """

    def screen(width: int, rows: int) -> "Iterator[TextTable | Text]":
        yield from _warnings(answer.warnings[:WARNINGS], len(answer.warnings), width)
        for part in parts:
            if isinstance(part, str):
                yield paragraph(part, width, 0)
            else:
                hidden = len(part.rows) - rows
                yield part if hidden <= 0 else part.first(rows, _more(hidden))
        yield paragraph(made, width, 0, style="dim")
        yield from answer_parts(_with_full(answer), width)

    fitting = (rows for rows in range(LINES, 0, -1) if _lines(screen(COLUMNS, rows)) <= LINES)
    yield from screen(width, next(fitting, 1))


def experiment_full(
    answer: Answer, parts: "Sequence[TextTable | str]", made: str, width: int
) -> "Iterator[TextTable | Text]":
    """Yield every table of an experiment, then the answer; arguments are those of ``experiment_brief``."""
    yield from warning_parts(answer.warnings, width)
    for part in parts:
        yield paragraph(part, width, 0) if isinstance(part, str) else part
    yield paragraph(made, width, 0, style="dim")
    yield from answer_parts(answer, width)


def _with_full(answer: Answer) -> Answer:
    """Return an answer that names the option which shows every table, too."""
    return replace(answer, next=(*answer.next, said("--full for every table")))


def _lines(parts: "Iterator[TextTable | Text]") -> int:
    """Return how many lines parts take on a terminal of ``COLUMNS``."""
    return sum(
        len(part.lines(COLUMNS)) + (part.caption is not None)
        if isinstance(part, TextTable)
        else part.plain.count("\n") + 1
        for part in parts
    )


def _warnings(lines: Sequence[str], count: int, width: int) -> "Iterator[Text]":
    """Yield warnings, and how many more of ``count`` there are."""
    yield from warning_parts(lines, width)
    if len(lines) < count:
        yield paragraph(_more(count - len(lines)), width)


def _figures(figures: Sequence[Figure], most: int, width: int) -> "Iterator[TextTable | Text]":
    """Yield how many figures agree with reported ones, and at most so many of those that do not."""
    misses = [row for row in figures if agrees(row) is False]
    if all(agrees(row) is None for row in figures):
        return
    yield heading(said("Figures"), width, agreement_said(figures))
    if misses[:most]:
        yield figure_table(misses[:most], None)
    if misses[most:]:
        yield paragraph(_more(len(misses[most:])), width)


def found_parts(answer: Answer, width: int) -> "Iterator[Text]":
    """Yield findings; of a policy those that only it has, or only its baseline."""
    titles = {said("Findings"): answer.findings}
    if answer.base is not None:
        only = marked("Findings of {scenario} that {other} does not have")
        titles = {
            said(only, scenario=answer.name, other=answer.base): answer.findings,
            said(only, scenario=answer.base, other=answer.name): answer.resolved,
        }
    for title, lines in titles.items():
        if lines:
            yield heading(title, width)
        for line in lines:
            yield paragraph(f"- {line}", width, BELOW, BELOW)


def _changes(answer: Answer, width: int) -> "Iterator[Text]":
    if not answer.changes:
        yield heading(said("{other} changes no lever of {base}", other=answer.name, base=answer.base), width)
        return
    yield heading(said("Changes of {other} from {base}", other=answer.name, base=answer.base), width)
    for line in answer.changes[:CHANGES]:
        yield paragraph(line, width, BELOW, 2 * BELOW)
    if len(answer.changes) > CHANGES:
        text = said("{number} more; list all: tocsin diff", number=len(answer.changes) - CHANGES)
        yield paragraph(text, width)


def answer_parts(answer: Answer, width: int) -> "Iterator[Text]":
    """Yield an answer, a line a sentence: the kind of its intervals comes first, and what to type next comes last."""
    yield heading(said("Answer"), width, answer.intervals)
    yield paragraph(answer.headline, width, BELOW, BELOW, style="bold")
    for line in answer.lines:
        yield paragraph(line, width, BELOW, BELOW)
    yield from _next(answer, width)


def _side_by_side(answers: Sequence[Answer], width: int) -> "Iterator[TextTable | Text]":
    """Yield a table with a line for each policy: its differences with their intervals."""
    kinds: dict[str, list[str]] = {}
    for one in answers:
        kinds.setdefault(one.intervals, []).append(one.name)
    yield heading(said("Answer"), width, "" if len(kinds) > 1 else answers[0].intervals)
    yield paragraph(said("Differences from {base}, with intervals", base=answers[0].base), width, BELOW)
    for kind, names in kinds.items() if len(kinds) > 1 else ():
        yield paragraph(said("{what}: {value}", what=", ".join(names[:CHANGES]), value=kind), width, BELOW, BELOW)
    table = TextTable([said("policy"), *map(quantity_named, BESIDE)])
    for one in answers[:POLICIES]:
        table.add_row(one.name, *(_difference(one, name) for name in BESIDE))
    if len(answers) > POLICIES:
        table.caption = _more(len(answers) - POLICIES)
    yield table
    unpriced = [one.name for one in answers if one.not_priced]
    if unpriced:
        yield paragraph(said("Not priced: {policies}", policies=", ".join(unpriced[:CHANGES])), width, BELOW, BELOW)


def _difference(answer: Answer, name: str) -> str:
    found: Number | None = next((one for one in answer.numbers if one.quantity == name), None)
    return "-" if found is None else found.told


def _next(answer: Answer, width: int) -> "Iterator[Text]":
    if answer.next:
        yield heading(said("Next"), width, "; ".join(answer.next))


def _more(number: int) -> str:
    return counted("{count} more is not shown; use --full", "{count} more are not shown; use --full", count=number)
