"""The answer of a run, or of several, in sentences that an analyst would read aloud; and its numbers.

Every uncertain number has an interval; ``interval_said`` names its kind. If answers over posterior draws are stored
with the scenario (``sim.reading.stored_answers``), intervals hold parameter uncertainty and run-to-run noise. Else a
single run has its run-to-run noise at its scale (``sim.reading.chance``), replicates have Student's t of their mean,
and posterior draws have nine tenths of them. Runs side by side have intervals of one kind: ``of_one_kind``.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Any

from sim.base.rounding import amount, between, percent, significant, written
from sim.base.words import SHIELD
from sim.language.spoken import marked, said, telling_in
from sim.reading.chance import LEVEL, RECOVERED_SHARE, SAVED_SHARE, STOPPED_SHARE, TWENTIETHS, nine_tenths, student
from sim.reading.quantities import HEADLINE, LEVELS, REPORTING_RATE, at_reporting_rates, is_stated
from sim.reading.stored_answers import StoredAnswers, stored_answers

if TYPE_CHECKING:
    from sim.reading.run import Run
    from sim.scenario import Scenario

STOPPED = {gate.fate.label: gate.cause for gate in SHIELD if gate.fate.stopped}
"""The fates of attempts that were stopped before reaching anyone, and what stopped them."""

COUNTED = {name: text for name, text in HEADLINE.items() if name not in ("episodes", "saved", "prevented_money")}
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
        return said(
            "{level} intervals over {number} posterior draws", level=percent(1 - 2 / TWENTIETHS), number=str(len(every))
        )
    stored = stored_answers(every[0].scenario)
    if stored is not None and known:
        return said(
            "{level} intervals: parameter uncertainty ({number} posterior draws) and run-to-run noise ({parts})",
            level=percent(1 - 2 / TWENTIETHS),
            number=str(stored.draws),
            parts=_noise_said(every),
        )
    if len(every) == 1:
        scale = written(f"{every[0].manifest['scale']:g}")
        if not every[0].chance:
            return ""
        kind = said("{level} intervals: run-to-run noise at scale {scale}", level=percent(LEVEL), scale=scale)
    else:
        kind = said("{level} intervals over {number} replicates", level=percent(LEVEL), number=str(len(every)))
    return kind if stored is not None else without_posterior(kind)


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
    stopped = _stopped(totals, potential, found[STOPPED_SHARE])
    if not found["episodes"].value and not found["victims"].value:
        return [stopped, said("Nobody was drawn in, and nobody lost money.")]
    drawn_in = said("{people} people were drawn in.", people=found["episodes"].told())
    if max(found["saved"].value, found["victims"].value) > found["episodes"].value:
        drawn_in = said(
            "{people} people were drawn in; others had been drawn in before, in the warm-up.",
            people=found["episodes"].told(),
        )
    with telling_in(every[0].scenario.spec.terms):
        return [_filed(found), _lost(found), stopped, drawn_in, _saved(found), _prevented(found)]


def level_said(scenario: "Scenario") -> str:
    """Return that the share of victims who report fixes the level of victims and losses, and if no source states it."""
    text = marked("The share of victims who report ({key}) fixes the level of victims and losses.")
    if not is_stated(scenario):
        text = marked(
            "The share of victims who report ({key}), which no source states, fixes the level of victims and losses."
        )
    return said(text, key=REPORTING_RATE)


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
    totals = {name: fmean(run.manifest["totals"][name] for run in runs) for name in LEVELS}
    rates = at_reporting_rates(scenarios[0], totals)
    if not rates:
        return []
    with telling_in(scenarios[0].spec.terms):
        return [level_said(scenarios[0]), rates_said(rates)]


def estimates(runs: "Sequence[Run]", draws: bool = False, known: bool = True) -> dict[str, Estimate]:
    """Return the numbers of an ``answer`` with intervals, by the names of ``chance``; 0 for a share of nothing."""
    stored = None if draws or not known else stored_answers(runs[0].scenario)
    found = by_chance(runs, draws)
    if stored is None:
        return found
    return {name: _over_stored(stored, name, one) for name, one in found.items()}


def of_one_kind(runs: "Sequence[Run]") -> bool:
    """Return whether all runs have stored answers, so that their intervals are of one kind."""
    return all(stored_answers(run.scenario) is not None for run in runs)


def by_chance(runs: "Sequence[Run]", draws: bool = False) -> dict[str, Estimate]:
    """Return the numbers of the answer with intervals of run-to-run noise, or of posterior draws; see ``estimates``."""
    values = [_values(run.manifest["totals"]) for run in runs]
    if len(runs) == 1:
        ends = runs[0].chance
        return {name: Estimate(value, *ends.get(name, (None, None))) for name, value in values[0].items()}
    return {name: _over([one[name] for one in values], draws) for name in values[0]}


def _over_stored(stored: StoredAnswers, name: str, found: Estimate) -> Estimate:
    """Return a number with the interval of parameter uncertainty and run-to-run noise."""
    chance = None if found.low is None or found.high is None else (found.low, found.high)
    ends = stored.interval(name, found.value, chance)
    return found if ends is None else Estimate(found.value, ends[0], ends[2], ends[1])


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
    stopped = found[STOPPED_SHARE]
    with telling_in(run.scenario.spec.terms):
        shown: dict[str, tuple[str, str]] = {
            said(text): (found[name].number(), found[name].bracket()) for name, text in COUNTED.items() if name in found
        }
    return shown | {said("of attempts stopped on the way"): (stopped.number(percent), stopped.bracket(percent))}


def counted_numbers(run: "Run") -> dict[str, float]:
    """Return the plain numbers of the first screen, by what they count."""
    totals = run.manifest["totals"]
    stopped = sum(totals["attempts_by_fate"].get(fate, 0) for fate in STOPPED)
    with telling_in(run.scenario.spec.terms):
        counts = {said(text): totals[name] for name, text in COUNTED.items() if name in totals}
    return {**counts, said("attempts stopped on the way"): stopped}


def _listed(runs: "Run | Sequence[Run]") -> "list[Run]":
    from sim.reading.run import Run

    return [runs] if isinstance(runs, Run) else list(runs)


def _values(totals: Totals) -> dict[str, float]:
    """Return the numbers of the answer of one run."""
    stopped = sum(totals["attempts_by_fate"].get(fate, 0) for fate in STOPPED)

    def share(part: float, whole: float) -> float:
        return part / whole if whole else 0.0

    return {
        STOPPED_SHARE: share(stopped, totals["attempts_potential"]),
        **{name: totals[name] for name in HEADLINE if name in totals},  # runs of older versions lack some
        SAVED_SHARE: share(totals["saved"], totals["episodes"]),
        RECOVERED_SHARE: share(totals["recovered_money"], totals["loss_money"]),
    }


def _over(values: Sequence[float], draws: bool) -> Estimate:
    """Return the mean of several runs with its interval; of draws, with nine tenths of them."""
    mean = fmean(values)
    if draws:
        low, median, high = nine_tenths(values)
        return Estimate(mean, low, high, median)
    half = student(len(values) - 1) * stdev(values) / len(values) ** 0.5
    return Estimate(mean, max(0.0, mean - half), mean + half)


def _filed(found: dict[str, Estimate]) -> str:
    cases = found["cases_filed"]
    if not cases.value:
        return said("No case was filed.")
    if "filed_loss_money" not in found:
        return said("{cases} cases were filed.", cases=cases.told())
    return said(
        "{cases} cases were filed, with losses of {money}.", cases=cases.told(), money=found["filed_loss_money"].money
    )


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
    saved, share = found["saved"].told(), found[SAVED_SHARE]
    if 0.0 < share.value <= 1.0:
        stopped = said(
            "Warnings stopped {saved} of them before any payment; this is {share} of those drawn in.",
            saved=saved,
            share=share.told(percent),
        )
    else:
        stopped = said("Warnings stopped {saved} of them before any payment.", saved=saved)
    if "averted" not in found:
        return stopped
    if found["averted"].value:
        averted = said("{averted} of these would have paid: victims averted.", averted=found["averted"].told())
    else:
        averted = said("None of these would have paid.")
    return f"{stopped} {averted}"


def _lost(found: dict[str, Estimate]) -> str:
    if not found["victims"].value:
        return said("Nobody paid.")
    words = {"victims": found["victims"].told(), "money": found["loss_money"].money}
    if not found[RECOVERED_SHARE].value:
        return said("{victims} paid and lost {money}; nothing was recovered.", **words)
    words["recovered"] = found[RECOVERED_SHARE].told(percent)
    return said("{victims} paid and lost {money}; {recovered} of the money was recovered.", **words)


def _prevented(found: dict[str, Estimate]) -> str:
    if not found["prevented_money"].value:
        return said("Warnings prevented no losses.")
    return said("Warnings prevented losses of {money}.", money=found["prevented_money"].money)
