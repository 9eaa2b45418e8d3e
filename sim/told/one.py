"""One answer: what terminal, page, notebook and JSON show of a run or of a comparison."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.base.rounding import amount
from sim.experiments.sparing import unpriced_said
from sim.language.spoken import said, telling_in
from sim.reading.findings import foremost, of_several
from sim.reading.manifest import told_of
from sim.scenario.levers import Lever
from sim.told.answer import COUNTED, Estimate, answer_lines, estimates, interval_said, level_lines
from sim.told.costs import each_spared_lines, run_costs_said
from sim.told.effect import TOLD, difference_levels, effect_lines, ends_of, kind_said, signed, unwarned_lines
from sim.told.vocabulary import quantity_named

if TYPE_CHECKING:
    from sim.reading.run import Run

Row = dict[str, Any]


@dataclass(frozen=True)
class Number:
    """A number of an answer, with its interval where it is uncertain.

    Attributes:
        quantity: Its name in ``totals``.
        name: Its name in words, with the unit.
        value: The value of a run; of a comparison the difference from the baseline.
        low: The low end of its interval; None without one.
        high: The high end.
        median: The median of posterior draws; None without them.
        base: The value of the baseline; None in the answer of a run.
        other: The value of the policy; None in the answer of a run.
    """

    quantity: str
    name: str
    value: float
    low: float | None = None
    high: float | None = None
    median: float | None = None
    base: float | None = None
    other: float | None = None

    @property
    def told(self) -> str:
        """The value in words, its interval in brackets."""
        return self._estimate.told(self._words)

    @property
    def cells(self) -> list[str]:
        """The cells of a table: of a comparison baseline and policy, the value, and its interval."""
        both = [] if self.base is None or self.other is None else [amount(self.base), amount(self.other)]
        return [*both, self._estimate.number(self._words), self._estimate.bracket(self._words)]

    @property
    def _estimate(self) -> Estimate:
        return Estimate(self.value, self.low, self.high, self.median)

    @property
    def _words(self) -> Callable[[float, int], str]:
        return amount if self.base is None else signed


@dataclass(frozen=True)
class Answer:
    """The answer of a run, of several, or of a policy compared with its baseline; texts are in the current language.

    Attributes:
        question: The title of the scenario.
        name: The scenario, or the policy.
        base: The baseline of a comparison; None for a run.
        headline: The answer in one sentence.
        intervals: The kind of its intervals; empty if there are none.
        sentences: Further sentences, most important first.
        changes: What the policy changes, a line for each lever; empty for a run.
        numbers: The numbers behind the sentences.
        costs: What it cost, or what it costs to spare one more victim, a sentence each; empty without prices.
        not_priced: What is missing from costs, and why; empty if nothing is.
        warnings: What a reader must know before trusting the numbers.
        findings: What needs attention in the run; of a policy what its baseline does not have.
        resolved: What needs attention in the baseline, and not under the policy.
        next: Commands to type next.
        draws: Whether intervals are over posterior draws that were run.
    """

    question: str
    name: str
    base: str | None
    headline: str
    intervals: str
    sentences: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    numbers: tuple[Number, ...] = ()
    costs: tuple[str, ...] = ()
    not_priced: str = ""
    warnings: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()
    resolved: tuple[str, ...] = ()
    next: tuple[str, ...] = ()
    draws: bool = False

    def __str__(self) -> str:
        """Return headline, kind of intervals, sentences, costs and warnings, a line each."""
        return "\n".join(filter(None, (self.headline, *self.lines, self.intervals, *self.warnings)))

    @property
    def lines(self) -> tuple[str, ...]:
        """The sentences after the headline, with costs and what is missing from them."""
        return (*self.sentences, *self.costs, *filter(None, [self.not_priced]))

    def document(self) -> dict[str, Any]:
        """Return a document for JSON: attributes by name, numbers as maps."""
        return asdict(self)

    def html(self) -> str:
        """Return it as a fragment of HTML: headline, sentences, a table of numbers, warnings and next commands."""
        parts = [f"<p><strong>{escape(self.headline)}</strong></p>"]
        if self.intervals:
            parts.append(f"<p><small>{escape(self.intervals)}</small></p>")
        parts.append(_items(self.lines))
        parts.append(self._table())
        parts += [f"<p>{escape(said('warning: {line}', line=line))}</p>" for line in self.warnings]
        parts += [f"<p><code>{escape(line)}</code></p>" for line in self.next]
        return f'<div class="tocsin-answer">{"".join(parts)}</div>'

    def _repr_html_(self) -> str:
        return self.html()

    def _table(self) -> str:
        """Return the numbers as a table of HTML."""
        if not self.numbers:
            return ""
        compared = self.base is not None
        heads = [
            said("quantity"),
            *([said("baseline"), self.name, said("difference")] if compared else [said("value")]),
        ]
        heads.append(said("interval"))
        rows = [[one.name, *one.cells] for one in self.numbers]
        head = "".join(f"<th>{escape(text)}</th>" for text in heads)
        body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def of_runs(runs: "Sequence[Run]", kind: str | None = None) -> Answer:
    """Return the answer of a run, or of several that are ``kind``, ``replicates`` or ``draws``."""
    draws, first = kind == "draws", runs[0]
    lines = answer_lines(runs, draws)
    headline, *others = lines
    at = 1 if len(lines) > 1 else 0
    level = list(filter(None, [" ".join(level_lines(runs))]))
    with telling_in(first.scenario.spec.terms):
        found = estimates(runs, draws)
        numbers = [
            Number(name, quantity_named(name), one.value, one.low, one.high, one.median)
            for name, one in found.items()
            if name in COUNTED
        ]
        costs = run_costs_said([run.manifest["totals"] for run in runs])
    rows = first.found if kind is None else of_several([run.found for run in runs], kind)
    shown = place_said(first.path if kind is None else first.path.parent)
    return Answer(
        question=first.scenario.spec.title,
        name=first.manifest["name"],
        base=None,
        headline=headline,
        intervals=interval_said(runs, draws) if len(lines) > 1 else "",
        sentences=(*others[:at], *level, *others[at:]),
        numbers=tuple(numbers),
        costs=tuple(costs),
        warnings=tuple(told_of(list(runs))),
        findings=tuple(foremost(rows)),
        draws=draws,
        next=(f"tocsin figures {shown}", f"tocsin report {shown}") if kind is None else (f"tocsin report {shown}",),
    )


def place_said(path: Path) -> str:
    """Return a path as it is typed here: relative to the present folder if it lies inside."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def of_comparison(document: Row, commands: Sequence[str] = ()) -> list[Answer]:
    """Return the answer of each policy of a comparison, the document of ``tocsin compare``; commands come next."""
    return [_of_policy(document, name, commands) for name in document["others"]]


def _of_policy(document: Row, name: str, commands: Sequence[str]) -> Answer:
    """Return the answer of one policy of a comparison."""

    def own(key: str) -> list[Row]:
        return [row for row in document.get(key, ()) if row["scenario"] == name]

    rows, levers = own("rows"), own("levers")
    headline, *sentences = effect_lines(rows) or [said("No quantity was counted under both policies.")]
    unpriced = unpriced_said([row["name"] for row in levers if not row["priced"]])
    return Answer(
        question=document["questions"][name],
        name=name,
        base=document["base"],
        headline=headline,
        intervals=kind_said(rows),
        sentences=(*sentences, *unwarned_lines(rows), *difference_levels(own("at_reporting_rates"))),
        changes=tuple(Lever.of(row).told for row in levers),
        numbers=tuple(_differences(rows)),
        costs=() if unpriced else tuple(each_spared_lines(rows)),
        not_priced=unpriced,
        warnings=tuple(document.get("warnings", ())),
        findings=tuple(foremost(own("findings"))),
        resolved=tuple(foremost([row for row in document.get("findings", ()) if row["beside"] == name])),
        next=tuple(commands),
    )


def _differences(rows: Sequence[Row]) -> list[Number]:
    """Return the paired differences of an effect, with the interval that its sentences have."""
    stored = any(row.get("posterior_draws") for row in rows)
    by_name = {row["quantity"]: row for row in rows}
    found = (by_name[name] for name in TOLD if name in by_name)
    return [
        Number(name, quantity_named(name), one.value, one.low, one.high, one.median, row["base"], row["other"])
        for name, row, one in ((row["quantity"], row, ends_of(row, stored)) for row in found)
    ]


def _items(lines: Sequence[str]) -> str:
    """Return lines as a list of HTML; empty without any."""
    return f"<ul>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul>" if lines else ""
