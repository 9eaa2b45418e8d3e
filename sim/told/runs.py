"""Runs in words and tables: sentences and numbers of the answer, figures next to reported ones, evidence, provinces.

The answer of a run, or of several, in sentences that an analyst would read aloud; and its numbers.

Every uncertain number has an interval; ``interval_said`` names its kind. If answers over posterior draws are stored
with the scenario (``sim.reading.intervals``), intervals hold parameter uncertainty and run-to-run noise. Else a
single run has its run-to-run noise at its scale (``sim.reading.intervals``), replicates have Student's t of their mean,
and posterior draws have nine tenths of them. Runs side by side have intervals of one kind: ``of_one_kind``.

Runs on the terminal: figures next to reported ones, totals, evidence, and any quantity.

Provinces with their officers on the terminal.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Any

from sim.base.rounding import amount, between, number_text, percent, significant, written
from sim.base.words import DESK_LABELS, SHIELD
from sim.experiments.staffing import ProvinceOfficers
from sim.language import counted, evidence_named, marked, named, said, telling_in
from sim.reading import intervals, quantities
from sim.reading.figures import CHANGE, FROZEN_FACTOR, JUDGED, STANDARD_ERRORS
from sim.told.tables import BELOW, Column, Line, Part, TextTable, heading, listed
from sim.told.words import interval_said as ends_said
from sim.told.words import off_said, quantity_named, span_said, value_said, window_said, yes_said

if TYPE_CHECKING:
    from sim.reading.run import Run
    from sim.scenario.levers import Lever

STOPPED = {gate.fate.label: gate.cause for gate in SHIELD if gate.fate.stopped}
"""The fates of attempts that were stopped before reaching anyone, and what stopped them."""

COUNTED = {
    name: text for name, text in quantities.HEADLINE.items() if name not in ("episodes", "saved", "prevented_money")
}
"""Totals that the first screen counts, and their texts; its sentences have the others, too."""

LEAST_DIGITS, MOST_DIGITS = 3, 4
"""Significant digits of a number with an interval: as many as tell its ends apart, within these."""

FAR = 0.1
"""From this share on the median of draws differs from the scenario's own value so much that it is shown, too."""

Totals = Mapping[str, Any]


@dataclass(frozen=True)
class Estimate:
    """A number of the answer: its value, the ends of its interval where there is one, and the median of draws."""

    value: float
    low: float | None = None
    high: float | None = None
    median: float | None = None

    def told(self, words: Callable[[float, int], str] = amount) -> str:
        """Return the number as ``words`` makes text of it (``amount`` or ``percent``), its interval in brackets."""
        value, interval = self.number(words), self.bracket(words)
        return said("{value} ({interval})", value=value, interval=interval) if interval else value

    def bracket(self, words: Callable[[float, int], str] = amount) -> str:
        """Return the interval, and the median of draws where it differs from the value by more than a tenth."""
        interval = self.ends(words)
        if not interval or self.median is None or abs(self.median - self.value) <= FAR * abs(self.value):
            return interval
        return said(
            "{interval}, median of draws {median}",
            interval=interval,
            median=words(significant(self.median), LEAST_DIGITS),
        )

    def number(self, words: Callable[[float, int], str] = amount) -> str:
        """Return the number only, see ``told``."""
        digits = self._digits(words)
        return words(significant(self.value, digits), digits)

    def ends(self, words: Callable[[float, int], str] = amount) -> str:
        """Return the interval only, see ``told``; empty if there is none, or if its ends are equal in four digits."""
        if self.low is None or self.high is None:
            return ""
        digits = self._digits(words)
        low, high = significant(self.low, digits), significant(self.high, digits)
        return "" if low == high else between(low, high, lambda end: words(end, digits))

    @property
    def is_unsure(self) -> bool:
        """Whether the interval of a difference holds zero."""
        return self.low is not None and self.high is not None and self.low <= 0 <= self.high

    def _digits(self, words: Callable[[float, int], str]) -> int:
        """Return the significant digits with which the ends differ: three, at most four."""
        if self.low is None or self.high is None or self.low == self.high:
            return LEAST_DIGITS
        low, high = (words(significant(end, LEAST_DIGITS), LEAST_DIGITS) for end in (self.low, self.high))
        return LEAST_DIGITS if low != high else MOST_DIGITS

    @property
    def money(self) -> str:
        """The number as money, its interval in brackets."""
        value, interval = self.number(), self.bracket()
        if not interval:
            return said("{value} {currency}", value=value)
        return said("{value} {currency} ({interval})", value=value, interval=interval)


def answer(runs: "Run | Sequence[Run]", draws: bool = False, known: bool = True) -> str:
    """Return in plain words what was filed, who paid and how much, what was stopped and how; text, not HTML.

    Several runs differ only in their seed or, with ``draws``, in their posterior draw. Intervals hold parameter
    uncertainty if answers over draws are stored; without ``known`` only run-to-run noise, as for a run next to another
    without stored answers. The last sentence names the kind of intervals.
    """
    lines = answer_lines(runs, draws, known)
    kind = interval_said(runs, draws, known)
    return " ".join([*lines, said("{intervals}.", intervals=kind)] if len(lines) > 1 and kind else lines)


def interval_said(runs: "Run | Sequence[Run]", draws: bool = False, known: bool = True) -> str:
    """Return the kind of an ``answer``'s intervals: ``95% intervals: run-to-run noise at scale 0.005``; or nothing."""
    every = _listed(runs)
    if draws:
        return over_draws_said(len(every))
    stored = intervals.stored_answers(every[0].scenario)
    if stored is not None and known:
        return said(
            "{level} intervals: parameter uncertainty ({number} posterior draws) and run-to-run noise ({parts})",
            level=percent(1 - 2 / intervals.TWENTIETHS),
            number=str(stored.draws),
            parts=_noise_said(every),
        )
    if len(every) > 1:
        kind = over_replicates_said(len(every))
    elif every[0].chance:
        scale = written(f"{every[0].manifest['scale']:g}")
        kind = said("{level} intervals: run-to-run noise at scale {scale}", level=percent(intervals.LEVEL), scale=scale)
    else:
        return ""
    return kind if stored is not None else without_posterior(kind)


def over_draws_said(number: int) -> str:
    """Return that intervals are over posterior draws that were run."""
    return said(
        "{level} intervals over {number} posterior draws", level=percent(1 - 2 / intervals.TWENTIETHS), number=number
    )


def over_replicates_said(number: int) -> str:
    """Return that intervals are over replicates."""
    return said("{level} intervals over {number} replicates", level=percent(intervals.LEVEL), number=number)


def without_posterior(kind: str) -> str:
    """Return the kind of intervals of run-to-run noise, and that they lack parameter uncertainty."""
    return said("{intervals}, without parameter uncertainty: no answers over draws are stored", intervals=kind)


def answer_lines(runs: "Run | Sequence[Run]", draws: bool = False, known: bool = True) -> list[str]:
    """Return the sentences of an ``answer``: filed, lost, stopped, drawn in, averted, prevented.

    There are six; one if nothing was attempted, two if nobody was drawn in.
    """
    every = _listed(runs)
    totals = [run.manifest["totals"] for run in every]
    potential = fmean(one["attempts_potential"] for one in totals)
    if not potential:
        return [said("There were no attempts in this period.")]
    found = estimates(every, draws, known)
    stopped = _stopped(totals, potential, found[intervals.STOPPED_SHARE])
    if not found["episodes"].value and not found["victims"].value:
        return [stopped, said("Nobody was drawn in, and nobody lost money.")]
    text = marked("{people} people were drawn in.")
    if max(found["saved"].value, found["victims"].value) > found["episodes"].value:
        text = marked("{people} people were drawn in; others had been drawn in before, in the warm-up.")
    drawn_in = said(text, people=found["episodes"].told())
    with telling_in(every[0].scenario.spec.terms):
        return [_filed(found), _lost(found), stopped, drawn_in, _saved(found), _prevented(found)]


def rates_said(rates: Sequence[Mapping[str, float]], words: Callable[[float], str] = amount) -> str:
    """Return a sentence with victims and losses at reporting rates, the rows of ``at_reporting_rates``."""
    shown = (
        said(
            "{victims} victims and {money} {currency} at {share}",
            victims=words(significant(row["victims"])),
            money=words(significant(row["loss_money"])),
            share=percent(row["rate"]),
        )
        for row in rates
    )
    return said("If filings stay the same: {rates}.", rates="; ".join(shown))


def level_lines(runs: "Sequence[Run]") -> list[str]:
    """Return what fixes the level of victims and losses, and both at three reporting rates; of replicates their means.

    Empty without a range of the rate, and for posterior draws, which have different rates.
    """
    scenarios = [run.scenario for run in runs]
    if len({one.spec.aftermath.report.probability for one in scenarios}) > 1:
        return []
    totals = {name: fmean(run.manifest["totals"][name] for run in runs) for name in quantities.LEVELS}
    rates = quantities.at_reporting_rates(scenarios[0], totals)
    if not rates:
        return []
    text = marked("The share of victims who report ({key}) fixes the level of victims and losses.")
    if not quantities.is_stated(scenarios[0]):
        text = marked(
            "The share of victims who report ({key}), which no source states, fixes the level of victims and losses."
        )
    with telling_in(scenarios[0].spec.terms):
        return [said(text, key=quantities.REPORTING_RATE), rates_said(rates)]


def estimates(runs: "Sequence[Run]", draws: bool = False, known: bool = True) -> dict[str, Estimate]:
    """Return the numbers of an ``answer`` with intervals, by the names of ``chance``; 0 for a share of nothing."""
    found = by_chance(runs, draws)
    stored = None if draws or not known else intervals.stored_answers(runs[0].scenario)
    if stored is None:
        return found
    both = {}
    for name, one in found.items():
        chance = None if one.low is None or one.high is None else (one.low, one.high)
        ends = stored.interval(name, one.value, chance)
        both[name] = one if ends is None else Estimate(one.value, ends[0], ends[2], ends[1])
    return both


def of_one_kind(runs: "Sequence[Run]") -> bool:
    """Return whether all runs have stored answers, so that their intervals are of one kind."""
    return all(intervals.stored_answers(run.scenario) is not None for run in runs)


def by_chance(runs: "Sequence[Run]", draws: bool = False) -> dict[str, Estimate]:
    """Return the numbers of the answer with intervals of run-to-run noise, or of posterior draws; see ``estimates``."""
    values = [_values(run.manifest["totals"]) for run in runs]
    if len(runs) == 1:
        ends = runs[0].chance
        return {name: Estimate(value, *ends.get(name, (None, None))) for name, value in values[0].items()}
    return {name: _over([one[name] for one in values], draws) for name in values[0]}


def _noise_said(runs: "Sequence[Run]") -> str:
    """Return the run-to-run noise of victims and losses: half of its interval, as a share."""
    found = by_chance(runs)
    parts = []
    for name, words in (("victims", marked("{share} for victims")), ("loss_money", marked("{share} for losses"))):
        one = found[name]
        if one.low is not None and one.high is not None and one.value:
            parts.append(said(words, share="±" + percent((one.high - one.low) / 2.0 / one.value)))
    return ", ".join(parts) or said("unknown")


def short_answer(run: "Run", known: bool = True) -> dict[str, tuple[str, str]]:
    """Return the numbers of the first screen by what they count, as shown, each with its interval or an empty text."""
    found = estimates([run], known=known)
    stopped = found[intervals.STOPPED_SHARE]
    with telling_in(run.scenario.spec.terms):
        shown: dict[str, tuple[str, str]] = {
            said(text): (found[name].number(), found[name].bracket()) for name, text in COUNTED.items()
        }
    return shown | {said("of attempts stopped on the way"): (stopped.number(percent), stopped.bracket(percent))}


def counted_numbers(run: "Run") -> dict[str, float]:
    """Return the plain numbers of the first screen, by what they count."""
    totals = run.manifest["totals"]
    with telling_in(run.scenario.spec.terms):
        counts = {said(text): totals[name] for name, text in COUNTED.items()}
    return {**counts, said("attempts stopped on the way"): _stopped_of(totals)}


def _listed(runs: "Run | Sequence[Run]") -> "list[Run]":
    return list(runs) if isinstance(runs, Sequence) else [runs]


def _values(totals: Totals) -> dict[str, float]:
    """Return the numbers of the answer of one run."""

    def share(part: float, whole: float) -> float:
        return part / whole if whole else 0.0

    return {
        intervals.STOPPED_SHARE: share(_stopped_of(totals), totals["attempts_potential"]),
        **{name: totals[name] for name in quantities.HEADLINE},
        intervals.SAVED_SHARE: share(totals["saved"], totals["episodes"]),
        intervals.RECOVERED_SHARE: share(totals["recovered_money"], totals["loss_money"]),
    }


def _stopped_of(totals: Totals) -> float:
    return float(sum(totals["attempts_by_fate"].get(fate, 0) for fate in STOPPED))


def _over(values: Sequence[float], draws: bool) -> Estimate:
    """Return the mean of several runs with its interval; of draws, with nine tenths of them."""
    mean = fmean(values)
    if draws:
        low, median, high = intervals.nine_tenths(values)
        return Estimate(mean, low, high, median)
    half = intervals.student(len(values) - 1) * stdev(values) / len(values) ** 0.5
    return Estimate(mean, max(0.0, mean - half), mean + half)


def _filed(found: dict[str, Estimate]) -> str:
    cases, money = found["cases_filed"], found["filed_loss_money"].money
    if not cases.value:
        return said("No case was filed.")
    return said("{cases} cases were filed, with losses of {money}.", cases=cases.told(), money=money)


def _stopped(totals: Sequence[Totals], potential: float, share: Estimate) -> str:
    fates = {fate: fmean(one["attempts_by_fate"].get(fate, 0) for one in totals) for fate in STOPPED}
    attempts = amount(potential)
    if not share.value:
        return said("None of {attempts} attempts was stopped before reaching anyone.", attempts=attempts)
    first, second = sorted(fates, key=lambda fate: (-fates[fate], fate))[:2]
    words = {
        "attempts": attempts,
        "share": share.told(percent),
        "first": said(STOPPED[first]),
        "of_all": percent(fates[first] / potential),
    }
    if not fates[second]:
        return said("{share} of {attempts} attempts were stopped before reaching anyone, all of them {first}.", **words)
    return said(
        "{share} of {attempts} attempts were stopped before reaching anyone, mostly {first} ({of_all} of all "
        "attempts), then {second} ({of_all_second}).",
        **words,
        second=said(STOPPED[second]),
        of_all_second=percent(fates[second] / potential),
    )


def _saved(found: dict[str, Estimate]) -> str:
    if not found["saved"].value:
        return said("Warnings stopped none of them before a payment.")
    share, words = found[intervals.SAVED_SHARE], {"saved": found["saved"].told()}
    text = marked("Warnings stopped {saved} of them before any payment.")
    if 0.0 < share.value <= 1.0:
        text = marked("Warnings stopped {saved} of them before any payment; this is {share} of those drawn in.")
        words["share"] = share.told(percent)
    averted = said("None of these would have paid.")
    if found["averted"].value:
        averted = said("{averted} of these would have paid: victims averted.", averted=found["averted"].told())
    return f"{said(text, **words)} {averted}"


def _lost(found: dict[str, Estimate]) -> str:
    if not found["victims"].value:
        return said("Nobody paid.")
    words = {"victims": found["victims"].told(), "money": found["loss_money"].money}
    if not found[intervals.RECOVERED_SHARE].value:
        return said("{victims} paid and lost {money}; nothing was recovered.", **words)
    words["recovered"] = found[intervals.RECOVERED_SHARE].told(percent)
    return said("{victims} paid and lost {money}; {recovered} of the money was recovered.", **words)


def _prevented(found: dict[str, Estimate]) -> str:
    if not found["prevented_money"].value:
        return said("Warnings prevented no losses.")
    return said("Warnings prevented losses of {money}.", money=found["prevented_money"].money)


Figure = dict[str, Any]


def figure_parts(figures: Sequence[Figure], policy_of: str | None) -> Iterator[Part]:
    """Yield the figures of one run by window: reported, simulated, how far off, and whether within its allowance.

    ``policy_of`` is the scenario of which the run is a policy; None if its figures are compared with reported ones.
    Figures without a simulated value are counted in lines below the table.
    """
    table = figure_table([row for row in figures if row["simulated"] is not None], policy_of)
    if table.rows:
        if policy_of is not None:
            yield said("Policy run of {scenario}: not compared with reported figures", scenario=policy_of)
        yield table
    yield from without_value(figures)


def figure_table(figures: Sequence[Figure], policy_of: str | None) -> TextTable:
    """Return the table of simulated figures by window, see ``figure_parts``."""
    columns = [*_columns(said("simulated"), "simulated"), (said("within"), lambda row: within_said(row, policy_of))]
    return TextTable.of(figures, columns, (0, 4), _window, verdicts=True)


def _columns(head: str, key: str, spread: Sequence[Column] = ()) -> list[Column]:
    """Return the columns of figures: their names, reported and own values, and how far these are off."""
    return [
        (said("figure"), _quantity),
        (said("reported"), lambda row: value_said(row["name"], row["reported"])),
        (head, lambda row: value_said(row["name"], row[key])),
        *spread,
        (said("deviation"), lambda row: off_said(row["name"], row[key], row["reported"])),
    ]


def without_value(figures: Sequence[Figure]) -> Iterator[str]:
    """Yield lines that say how many figures have no simulated value, and why."""
    missing = [row for row in figures if row["simulated"] is None]
    known = [row for row in missing if row["name"].removesuffix(CHANGE).partition(".")[0] in quantities.FIGURES]
    outside = [row["window"] for row in known if not row["name"].endswith(CHANGE)]
    stopped = [row for row in missing if row["name"].removesuffix(CHANGE) == quantities.FUNDS_STOPPED]
    known += [row for row in stopped if row["window"] in outside]
    if known:
        line = counted(
            "{count} figure has no simulated value, because its window is outside the period",
            "{count} figures have no simulated value, because their windows are outside the period",
            count=len(known),
        )
        unreported = sum(row["reported"] is None for row in known)
        yield line + (said("; {number} without a reported value", number=unreported) if unreported else "")
    if any(row not in known for row in stopped):
        yield said(
            "{quantity}: no simulated value, because its window is outside the period or the scenario gives no {key}",
            quantity=quantity_named(quantities.FUNDS_STOPPED),
            key=FROZEN_FACTOR,
        )
    others = dict.fromkeys(row["name"] for row in missing if row not in known and row not in stopped)
    if others:
        yield said("Not simulated: {quantities}", quantities=", ".join(map(quantity_named, others)))


def lever_lines(title: str, levers: "Sequence[Lever]") -> Iterator[Line]:
    """Yield the levers in which two scenarios differ, a line each, with their keys."""
    yield heading(title)
    for row in levers:
        yield Line(row.told, BELOW, 2 * BELOW)
        yield Line(row.key, 3 * BELOW, style="dim")


def findings_parts(lines: Sequence[str]) -> Iterator[Line]:
    """Yield findings, a paragraph each."""
    return listed(lines, said("Findings"), "- ")


def asked_table(answers: Sequence[Figure]) -> TextTable:
    """Return requested quantities of a run, a line each, by province and window."""
    columns = [(said("figure"), _quantity), (said("simulated"), lambda row: value_said(row["name"], row["simulated"]))]
    return TextTable.of(answers, columns, by=_where)


def _where(row: Figure) -> str:
    """Return the province and the window of a requested quantity."""
    window = _window(row)
    if row["base"]:
        window = said("{window}, compared with {base}", window=window, base=window_said(row["base"]))
    return f"{named(row['province'])} {window}" if row.get("province") else window


def totals_table(totals: dict[str, Any]) -> TextTable:
    """Return the totals of a run, a line each, for scenarios without figures in their period; costs have their own."""
    rows = [
        (f"{name}.{part}".rstrip("."), value_said(name, number))
        for name, value in totals.items()
        if not name.startswith("cost_")
        for part, number in (value if isinstance(value, dict) else {"": value}).items()
    ]
    columns = [(said("total"), lambda row: quantity_named(row[0])), (said("simulated"), lambda row: row[1])]
    return TextTable.of(rows, columns)


def mean_parts(runs: Sequence[Sequence[Figure]], draws: bool = False) -> Iterator[Part]:
    """Yield the means of the same figures over replicates or draws, with their standard deviations.

    Args:
        runs: The figures of each run.
        draws: Whether the runs are of posterior draws: their standard deviation is parameter uncertainty, and the
            standard error of one run is shown next to it.

    Yields:
        A table, and a line for figures without a simulated value.
    """
    means = [mean_figure(figures) for figures in zip(*runs, strict=True)]
    spread: list[Column] = [(said("s.d. draws") if draws else said("s.d."), lambda row: _spread(row, row["sd"]))]
    if draws:
        spread.append((said("s.e. run"), lambda row: _spread(row, row["standard_error"])))
    known = [row for row in means if row["mean"] is not None]
    if known:
        yield TextTable.of(known, _columns(said("mean"), "mean", spread), by=_window)
    yield from without_value([{**row, "simulated": row["mean"]} for row in means])


def mean_figure(figures: Sequence[Figure], runs: str = "replicates") -> Figure:
    """Return the mean of one figure over ``replicates`` or ``draws``, and the ratio of the mean to the reported value.

    Fewer than two values have no standard deviation (None).
    """
    first = figures[0]
    values = [figure["simulated"] for figure in figures if figure["simulated"] is not None]
    mean, reported = fmean(values) if values else None, first["reported"]
    return {
        **{key: first[key] for key in ("name", "window", "role", "reported", "standard_error")},
        "mean": mean,
        "sd": stdev(values) if len(values) > 1 else None,
        "ratio": mean / reported if mean is not None and isinstance(reported, int | float) and reported else None,
        runs: len(values),
    }


def fit_table(document: dict[str, Any]) -> TextTable:
    """Return the figures of a calibration: expectations over seeds, and how far they are from reported ones."""

    def number(head: str, key: str) -> Column:
        return head, lambda row: number_text(row[key])

    columns = [
        (said("figure"), lambda row: row["figure"]),
        (said("role"), lambda row: named(row["role"])),
        number(said("reported"), "reported"),
        number(said("expected"), "expected"),
        number(said("s.e."), "standard_error_of_expected"),
        (said("deviation"), _distance),
        (said("within"), lambda row: yes_said(row["within"])),
    ]
    return TextTable.of((row for row in document["figures"] if row["role"] != "input"), columns, (0, 1))


def _distance(row: Figure) -> str:
    """Return how far an expectation is off: in percent of the reported value; for a change, the difference."""
    off = row["off"]
    if off is None:
        return ""
    return written(f"{off:+.4f}") if f"{CHANGE}@" in row["figure"] else f"{'+' if off > 0 else ''}{percent(off)}"


def interval(low: float | None, high: float | None) -> str:
    """Return an interval of numbers, three digits of each; empty if there is none."""
    return "" if low is None or high is None else ends_said("", significant(low), significant(high))


def _quantity(row: Figure) -> str:
    return quantity_named(row["name"])


def _window(row: Figure) -> str:
    return window_said(row["window"])


def _points(share: float, digits: str) -> str:
    """Return a share in percentage points."""
    return said("{points} pts", points=written(f"{100 * share:{digits}}"))


def _spread(row: Figure, error: float | None) -> str:
    """Return a standard deviation of a figure; of a change in percentage points."""
    is_change = error is not None and row["name"].endswith(CHANGE)
    return _points(error or 0.0, ".2g") if is_change else number_text(error)


def agrees(row: Figure) -> bool | None:
    """Return whether a figure lies within its allowance and its predicted interval; None if it is not compared."""
    verdicts = [one for one in (row["within"], _inside(row)) if one is not None]
    return all(verdicts) if verdicts and row["role"] in JUDGED and row["simulated"] is not None else None


def _inside(row: Figure) -> bool | None:
    """Return whether the reported value of a judged figure lies within its predicted interval; None if unknown."""
    if row["interval"] is None or row["role"] not in JUDGED or not isinstance(row["reported"], int | float):
        return None
    low, high = row["interval"]
    return bool(low <= row["reported"] <= high)


def within_said(row: Figure, policy_of: str | None) -> str:
    """Say whether a figure is an input, within its allowance, and within its predicted interval."""
    if row["role"] == "input":
        return named("input")
    if policy_of is not None:
        return ""
    judged = row["role"] in JUDGED
    parts = [f"{yes_said(row['within'])} {_allowance(row)}".strip() if judged else named(row["role"])]
    if row["interval"] is not None:
        ends = said("90%: {interval}", interval=ends_said(row["name"], *row["interval"]))
        parts.append(f"{yes_said(_inside(row))} {ends}".strip())
    return ", ".join(filter(None, parts)) or named(row["role"])


def agreement_said(figures: Sequence[Figure]) -> str:
    """Say how many judged figures agree, and for how many of them the sample is so noisy that this says little."""
    held = [row for row in figures if agrees(row)]
    text = said(
        "{number} of {count} reported figures lie within their tolerance, noise or predicted interval",
        number=len(held),
        count=sum(agrees(row) is not None for row in figures),
    )
    noisy = sum(noise > allowed for noise, allowed, _ in map(_noise, held))
    others = sum(row["role"] == "context" and row["simulated"] is not None for row in figures)
    more = marked("{agreement}; for {number} of them the noise of this sample is larger than the tolerance")
    beside = marked("{agreement}; not judged: {number} counted by another definition")
    for told, number in ((more, noisy), (beside, others)):
        text = said(told, agreement=text, number=number) if number else text
    return text


def _noise(figure: Figure) -> tuple[float, float, float]:
    """Return noise and tolerance of a figure, and what they are shares of: its reported value, for a change 1."""
    tolerance, reported = figure["tolerance"], figure["reported"]
    absolute = figure["name"].endswith(CHANGE) or not isinstance(reported, int | float)
    whole = 1.0 if absolute else abs(reported)
    return STANDARD_ERRORS * (figure["standard_error"] or 0.0), inf if tolerance is None else tolerance * whole, whole


def _allowance(figure: Figure) -> str:
    """Return the larger of tolerance and standard errors, in percent of the reported value; of a change in points."""
    tolerance, change = figure["tolerance"], figure["name"].endswith(CHANGE)
    if tolerance is None:
        return ""
    noise, allowed, whole = _noise(figure)
    if noise <= allowed:
        return f"±{_points(tolerance, 'g') if change else f'{100 * tolerance:g}%'}"
    in_percent = f"{number_text(100 * noise / whole)}%" if whole else number_text(noise)
    return said("±{amount} noise", amount=_points(noise, ".2g") if change else in_percent)


def evidence_parts(rows: Sequence[Figure], policy_of: str | None) -> Iterator[Part]:
    """Yield the evidence of one run: a table by window, then the basis of each row.

    Rows are those of ``run.json`` or of ``with_months``. ``policy_of`` is the scenario of which the run is a policy;
    None if its diagnostics are compared with evidence.
    """

    def limits(row: Figure) -> str:
        shown = span_said(number_text(row["low"]), number_text(row["high"]))
        return said("{range}, claimed", range=shown) if row.get("claimed") else shown

    def simulated(row: Figure) -> str:
        return number_text(row["simulated"]) + (f" ({row['month']})" if row.get("month") else "")

    if policy_of is not None:
        yield said("Policy run of {scenario}: not compared with evidence", scenario=policy_of)
    columns = [
        (said("quantity"), lambda row: evidence_named(row["name"])),
        (said("range"), limits),
        (said("simulated"), simulated),
        (said("within"), lambda row: yes_said(row["within"])),
    ]
    yield TextTable.of(rows, columns, by=_window)
    bases = dict.fromkeys((row["name"], row["basis"]) for row in rows)
    yield from listed((f"{evidence_named(name)}: {basis}" for name, basis in bases), said("Basis"))


def with_months(rows: Sequence[Figure]) -> list[Figure]:
    """Return evidence in which evidence by month has a row for each month, not only for the worst one."""
    return [
        one
        for row in rows
        for one in ([{**row, **month, "month": None} for month in row["months"]] if "months" in row else [row])
    ]


FEW = 10.0
"""Below this number of officers, one decimal is shown."""

Some = tuple[str, str, Sequence[ProvinceOfficers]]
"""The code, the name and the rows of some provinces together."""


def officers_table(rows: Sequence[ProvinceOfficers]) -> TextTable:
    """Return provinces, a line each, and the country last."""

    def on_duty(desk: str, when: str) -> Callable[[Some], str]:
        def cell(some: Some) -> str:
            number = sum(getattr(row, when)[desk] for row in some[2])
            return written(f"{number:,.1f}" if number < FEW else f"{number:,.0f}")

        return cell

    columns: list[Column | None] = [
        (said("code"), lambda some: some[0]),
        (said("name"), lambda some: some[1]),
        (said("people"), lambda some: written(f"{sum(row.people for row in some[2]):,}")),
    ]
    for desk in DESK_LABELS:
        columns.append((said("{desk} first", desk=named(desk)), on_duty(desk, "first")))
        columns.append((said("{desk} last", desk=named(desk)), on_duty(desk, "last")))
    if any(row.alerts_per_day is not None for row in rows):
        columns.append(
            (said("alerts a day"), lambda some: written(f"{sum(row.alerts_per_day or 0.0 for row in some[2]):,.0f}"))
        )
    every: list[Some] = [(str(row.code), named(row.name), [row]) for row in rows]
    return TextTable.of([*every, *([("", said("total"), rows)] if len(rows) > 1 else [])], columns, (1,), stacked=True)
