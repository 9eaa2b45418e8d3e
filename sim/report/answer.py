"""The answer of a run in one sentence, made from its numbers."""

from typing import TYPE_CHECKING, Any

from sim.language.labels import named
from sim.language.spoken import said
from sim.rounding import amount, percent
from sim.words import Fate

if TYPE_CHECKING:
    from sim.results.run import Run

CAUSES = {
    Fate.NOT_SENT: "by deterrence and regulation at the source",
    Fate.DEN_DESTROYED: "by raids on dens",
    Fate.CARD_ELIMINATED: "by the elimination of phone cards",
    Fate.INTERCEPTED: "by the filters of calls and SMS",
    Fate.SITE_BLOCKED: "by blocked sites and apps",
}
STOPPED = {fate.label: CAUSES.get(fate, f"as {named(fate.label)}") for fate in Fate if fate.stopped}
"""The fates of attempts that were stopped on their way, and what brought each about."""


def answer(run: "Run") -> str:
    """Say in plain words what was stopped and where, who was saved, who paid and how much; plain text, not HTML."""
    totals: dict[str, Any] = run.manifest["totals"]
    potential = totals["attempts_potential"]
    if not potential:
        return "There was not one attempt in this period, so there was nothing to stop."
    return f"{_stopped(totals, potential)} {_people(totals)}"


def _stopped(totals: dict[str, Any], potential: float) -> str:
    fates = {fate: totals["attempts_by_fate"].get(fate, 0) for fate in STOPPED}
    stopped = sum(fates.values())
    if not stopped:
        return f"Of {amount(potential)} attempts none was stopped before it reached anybody."
    ranked = sorted(fates, key=lambda fate: (-fates[fate], fate))
    most = f"most of them {STOPPED[ranked[0]]} ({percent(fates[ranked[0]] / potential)} of all)"
    second = ""
    if fates[ranked[1]]:
        second = f", then {STOPPED[ranked[1]]} ({percent(fates[ranked[1]] / potential)})"
    share = percent(stopped / potential)
    return f"Of {amount(potential)} attempts {share} were stopped before they reached anybody, {most}{second}."


def _people(totals: dict[str, Any]) -> str:
    episodes, saved, victims = totals["episodes"], totals["saved"], totals["victims"]
    if not episodes and not victims:
        return "Nobody was drawn in, and nobody lost money."
    saving = "warnings saved none of them"
    if saved:
        share = f" ({percent(saved / episodes)})" if episodes else ""
        saving = f"warnings saved {amount(saved)} of them{share} before any payment"
        if totals["prevented_yuan"]:
            saving += f" and prevented losses of {amount(totals['prevented_yuan'])} yuan"
    paying = f"{amount(victims)} paid and lost {amount(totals['loss_yuan'])} yuan" if victims else "nobody paid"
    if victims and totals["recovered_yuan"]:
        paying += f", of which {percent(totals['recovered_yuan'] / totals['loss_yuan'])} was recovered"
    return f"Of {amount(episodes)} people drawn in, {saving}; {paying}."


def short_answer(run: "Run") -> dict[str, str]:
    """Return the numbers of the first screen by what they count, in the order in which they are shown."""
    return {name: amount(number) for name, number in counted_numbers(run).items()}


def counted_numbers(run: "Run") -> dict[str, float]:
    """Return ``short_answer`` in numbers."""
    totals = run.manifest["totals"]
    stopped = sum(totals["attempts_by_fate"].get(fate, 0) for fate in STOPPED)
    return {
        said("attempts stopped on the way"): stopped,
        said("people saved by a warning"): totals["saved"],
        said("yuan of losses prevented"): totals["prevented_yuan"],
        said("victims"): totals["victims"],
        said("yuan lost"): totals["loss_yuan"],
    }
