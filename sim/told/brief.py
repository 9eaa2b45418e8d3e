"""Answers on the terminal: brief ones on one screen of 100 columns, with ``--full`` every table; the answer comes last.

Arguments of all screens: ``made`` is a line that says where runs lie, ``full`` whether every row is shown.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sim.language.spoken import marked, said
from sim.reading.findings import OF_FIGURES, foremost
from sim.told.costs import cost_rows
from sim.told.one import Answer
from sim.told.terminal import agreement_said, agrees, figure_parts, figure_table, mean_parts, totals_table
from sim.told.text_tables import BELOW, Line, Part, TextTable, heading, lines_of, listed, more_said, warned
from sim.told.vocabulary import quantity_named

if TYPE_CHECKING:
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


def run_screen(answer: Answer, runs: "Sequence[Run]", made: str, full: bool) -> Iterator[Part]:
    """Return a run, or replicates or draws: warnings, figures (briefly those that are off), findings, the answer."""
    first = runs[0].manifest
    figures = first["figures"]
    parts: list[Part] = []
    if full and len(runs) > 1:
        parts += mean_parts([run.manifest["figures"] for run in runs], answer.draws)
    elif full:
        parts += figure_parts(figures, first.get("policy_of"))
        if all(figure["simulated"] is None for figure in figures):
            parts.append(totals_table(first["totals"]))
        if costs := cost_rows(runs[0]):
            parts.append(TextTable(costs[0], rows=[tuple(row) for row in costs[1:]]))
            answer = replace(answer, costs=())  # the table has their total
    elif len(runs) == 1:
        # What the table of figures shows needs no sentence.
        answer = replace(
            answer, findings=tuple(foremost([row for row in runs[0].found if row["kind"] not in OF_FIGURES]))
        )
        is_judged = first.get("policy_of") is None  # no report is about a policy
        if is_judged and any(agrees(row) is not None for row in figures):
            misses = [row for row in figures if agrees(row) is False]
            parts.append(heading(said("Figures"), agreement_said(figures)))
            parts += [figure_table(misses, None)] if misses else []
    return _screen(answer, parts, made, full, ROOM)


def experiment_screen(answer: Answer, parts: Iterable[Part], made: str, full: bool) -> Iterator[Part]:
    """Return an experiment: warnings, tables, most important rows first, as many as fit, and the answer."""
    return _screen(answer, list(parts), made, full, [(WARNINGS, rows) for rows in range(LINES, 0, -1)])


def comparison_brief(answers: Sequence[Answer], made: str) -> Iterator[Part]:
    """Yield one screen of a comparison: of one policy what it changes and its answer, of several a line each."""
    first = answers[0]
    if len(answers) == 1:
        yield from _screen(first, list(_changes(first)), made, False, [(WARNINGS, LINES)])
        return
    yield from _warnings(first, WARNINGS)
    yield Line(made, style="dim")
    yield from _side_by_side(answers)
    yield from _next(_with_full(first))


def _screen(
    answer: Answer, parts: Sequence[Part], made: str, full: bool, rooms: Sequence[tuple[int, int]]
) -> Iterator[Part]:
    """Yield an answer below its parts, with the first number of warnings and of rows that fit a screen."""

    def shown(answer: Answer, warnings: int, rows: int | None) -> Iterator[Part]:
        yield from _warnings(answer, warnings)
        yield from (part if rows is None or not isinstance(part, TextTable) else part.first(rows) for part in parts)
        yield from found_parts(answer)
        yield Line(made, style="dim")
        yield from answer_parts(answer)

    if full:
        return shown(answer, len(answer.warnings), None)
    answer = _with_full(answer)
    fitting = (one for one in rooms if sum(len(lines_of(part, COLUMNS)) for part in shown(answer, *one)) <= LINES)
    return shown(answer, *next(fitting, rooms[-1]))


def _with_full(answer: Answer) -> Answer:
    """Return an answer that names the option which shows every table, too."""
    return replace(answer, next=(*answer.next, said("--full for every table")))


def _warnings(answer: Answer, most: int) -> Iterator[Line]:
    yield from warned(answer.warnings[:most])
    if len(answer.warnings) > most:
        yield Line(more_said(len(answer.warnings) - most), BELOW)


def found_parts(answer: Answer) -> Iterator[Line]:
    """Yield findings; of a policy those that only it has, or only its baseline."""
    if answer.base is None:
        yield from listed(answer.findings, said("Findings"), "- ")
        return
    only = marked("Findings of {scenario} that {other} does not have")
    yield from listed(answer.findings, said(only, scenario=answer.name, other=answer.base), "- ")
    yield from listed(answer.resolved, said(only, scenario=answer.base, other=answer.name), "- ")


def _changes(answer: Answer) -> Iterator[Line]:
    names: dict[str, Any] = {"other": answer.name, "base": answer.base}
    if not answer.changes:
        yield heading(said("{other} changes no lever of {base}", **names))
        return
    yield heading(said("Changes of {other} from {base}", **names))
    yield from (Line(line, BELOW, 2 * BELOW) for line in answer.changes[:CHANGES])
    if len(answer.changes) > CHANGES:
        yield Line(said("{number} more; list all: tocsin diff", number=len(answer.changes) - CHANGES), BELOW)


def answer_parts(answer: Answer) -> Iterator[Line]:
    """Yield an answer, a line a sentence: the kind of its intervals comes first, and what to type next comes last."""
    yield heading(said("Answer"), answer.intervals)
    yield Line(answer.headline, BELOW, BELOW, "bold")
    yield from listed(answer.lines)
    yield from _next(answer)


def _side_by_side(answers: Sequence[Answer]) -> Iterator[Part]:
    """Yield a table with a line for each policy: its differences with their intervals."""
    kinds: dict[str, list[str]] = {}
    for one in answers:
        kinds.setdefault(one.intervals, []).append(one.name)
    yield heading(said("Answer"), "" if len(kinds) > 1 else answers[0].intervals)
    yield Line(said("Differences from {base}, with intervals", base=answers[0].base), BELOW)
    for kind, names in kinds.items() if len(kinds) > 1 else ():
        yield Line(said("{what}: {value}", what=", ".join(names[:CHANGES]), value=kind), BELOW, BELOW)
    table = TextTable([said("policy"), *map(quantity_named, BESIDE)])
    for one in answers:
        differences = {number.quantity: number.told for number in one.numbers}
        table.add_row(one.name, *(differences.get(name, "-") for name in BESIDE))
    yield table.first(POLICIES)
    unpriced = [one.name for one in answers if one.not_priced]
    if unpriced:
        yield Line(said("Not priced: {policies}", policies=", ".join(unpriced[:CHANGES])), BELOW, BELOW)


def _next(answer: Answer) -> Iterator[Line]:
    if answer.next:
        yield heading(said("Next"), "; ".join(answer.next))
