"""One person's way from an attempt to the end, under the baseline and next to it under a policy, as HTML."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sim.base.days import CENTS_PER_UNIT, DAY_MS, HOUR_MS, MINUTE_MS
from sim.base.rounding import amount
from sim.base.words import STOPPED, ContactChannel, ContactResult, Detector, End, Event, Outcome
from sim.experiments.pairing import ABSENT, HALTED
from sim.language import currency, day_named, marked, named, said, telling_in
from sim.report.parts import filled
from sim.told.experiments import records

if TYPE_CHECKING:
    import pandas as pd

    from sim.reading.run import Run

TEMPLATE = "person.html.jinja"
STYLES = "person.css"
PICKED = ("saved", "harmed")
"""Changes of which a person is shown."""
SECOND_MS = 1000

ISSUES = {
    Detector.CENTRAL.label: marked("The central detector raises an alert: {tier}."),
    Detector.LOCAL.label: marked("The local detector raises an alert: {tier}."),
}
STARTS = {
    ContactChannel.CALL.label: marked("A call desk phones the person {when} (try {number})."),
    ContactChannel.VISIT.label: marked("An officer sets out {when} (try {number})."),
}
SERVED = {
    ContactResult.ANSWERED.label: marked("The person answers; the call takes {span}."),
    ContactResult.NO_ANSWER.label: marked("Nobody answers the phone."),
    ContactResult.MET.label: marked("The officer has met the person, {span} after setting out."),
    ContactResult.NOT_MET.label: marked("The officer finds nobody at home."),
    ContactResult.REFUSED.label: marked("The person refuses to listen."),
}
READ = {
    ContactChannel.APP.label: marked("The person reads the message in the app."),
    ContactChannel.SMS.label: marked("The person reads the SMS."),
}
ENDED = {
    End.REACHED.label: marked("The {tier} alert has reached the person."),
    End.UNREAD.label: marked("The {tier} alert stays unread."),
    End.UNANSWERED.label: marked("The {tier} alert reaches nobody: no try was answered."),
    End.EXPIRED.label: marked("The {tier} alert expires before it reached anybody."),
    End.SUPERSEDED.label: marked("The {tier} alert gives way to another alert."),
    End.MOOT.label: marked("The {tier} alert ends: the episode is over."),
}
STAGES = {1: marked("The person believes the story."), 2: marked("The person opens the site or app of the fraud.")}
"""What happens at a stage; from the first payment on, payments are separate events."""
OVER = {
    STOPPED: marked("A warning stops the person."),
    Outcome.DROPPED_OUT.label: marked("The person drops out."),
    Outcome.HELD.label: marked("The bank holds the transfer."),
}
LATER = {
    Event.FILING.label: marked("The police file the case."),
    Event.SOLVED.label: marked("The police solve the case."),
    Event.CLOSED.label: marked("The police close the case."),
}
TITLES = {
    "saved": marked("Saved by the policy: aged {age}, {type}"),
    "harmed": marked("Harmed by the policy: aged {age}, {type}"),
    "unchanged": marked("Victim under both: aged {age}, {type}"),
}

KINDS = {
    Event.ISSUE.label: "alert",
    Event.SERVICE_START.label: "desk",
    Event.SERVICE_END.label: "desk",
    Event.READ.label: "message",
    Event.END.label: "alert",
    Event.EXPIRY.label: "alert",
    Event.PAYMENT.label: "paid",
}
"""Kinds of steps by their events; all others belong to the fraud."""


@dataclass(frozen=True)
class Step:
    """A step of a way: its moment in ms from the start of the period, its kind (a class of the page), and its text."""

    moment: int
    kind: str
    text: str


@dataclass(frozen=True)
class Row:
    """A moment of both ways: the time since the attempt, the steps of each, and whether they are the same."""

    after: str
    base: list[Step]
    other: list[Step]
    same: bool


def picked(victims: "pd.DataFrame") -> dict[str, int]:
    """Return the origin of one person by change, of ``saved`` and ``harmed``, as far as there are any.

    It is the person of the middle amount, so neither the largest loss nor the smallest; ties go by identity. People
    whom the attempt reached under both policies come first: both of their ways have steps.

    Args:
        victims: What ``sim.experiments.pairing.victims`` returns.
    """
    found = {}
    for change in PICKED:
        own = victims[victims["change"] == change]
        reached = own[~own[["base", "other"]].isin((HALTED, ABSENT)).any(axis="columns")]
        own = reached if len(reached) else own
        if len(own):
            ranked = sorted(zip(own["paid_cents"].abs().tolist(), own.index.tolist(), strict=True))
            found[change] = ranked[(len(ranked) - 1) // 2][1]
    return found


def person(
    base: "Run", other: "Run", origin: int, labels: tuple[str, str] | None = None, people: "pd.DataFrame | None" = None
) -> str:
    """Return one person's way under two policies, step by step, side by side, as an HTML fragment.

    Its classes are those of ``person.css``. FileNotFoundError is raised for runs without events, PairingError for runs
    that do not share attempts and people.

    Args:
        base: The run of the baseline, with events.
        other: The run of the policy, with events.
        origin: The identity of the attempt, as in ``events`` and in ``sim.experiments.pairing.victims``.
        labels: Names of both runs, by default those of their scenarios.
        people: What ``sim.experiments.pairing.victims`` returns for both runs, if the caller has it.

    Raises:
        ValueError: If neither log names the attempt.
    """
    from sim.experiments.pairing import victims

    with telling_in(base.scenario.spec.terms):
        names = labels or (str(base.manifest["name"]), str(other.manifest["name"]))
        ways = [way(run, origin) for run in (base, other)]
        if not any(ways):
            raise ValueError(said("no event log contains the attempt {origin}", origin=origin))
        rows = list(_rows(*ways))
        people = victims(base, other) if people is None else people
        known = people.loc[origin] if origin in people.index else None
        return filled(
            TEMPLATE,
            origin=origin,
            title=_title(origin, known),
            told=_told(rows, names, ways),
            labels=names,
            rows=rows,
            begun=_begun(base, min(steps[0].moment for steps in ways if steps)),
        )


def way(run: "Run", origin: int) -> list[Step]:
    """Return the steps of an attempt in the order of the log; empty if it is not in the log."""
    events = run.events
    own = events[events["origin"] == origin]
    issued: dict[tuple[int, int], int] = {}
    started: dict[tuple[Any, ...], int] = {}
    steps = []
    with telling_in(run.scenario.spec.terms):
        for row in records(own):
            moment, event = int(row["moment"]), row["event"]
            alert = (row["detector"], row["stage"])
            track = (*alert, row["channel"], row["number"])
            if event == Event.ISSUE.label:
                issued[alert] = moment
            if event == Event.SERVICE_START.label:
                started[track] = moment
            text = _text(run, row, moment - issued.get(alert, moment), moment - started.get(track, moment))
            if text:
                kind = "stopped" if row["result"] == STOPPED else KINDS.get(event, "fraud")
                steps.append(Step(moment, kind, text))
    return steps


def _text(run: "Run", row: dict[str, Any], wait: int, served: int) -> str:
    """Return an event in a sentence; empty if others tell it. ``wait`` and ``served`` are ms since issue and start."""
    from sim.draws.identity import fraud_type_of
    from sim.store.columns import Scope

    event, result, channel, tier = row["event"], row["result"], row["channel"], row["tier"]
    tier = said(tier) if isinstance(tier, str) else ""
    if event == Event.ATTEMPT.label:
        kind = named(Scope.of(run.scenario).fraud_types[fraud_type_of(int(row["origin"]))])
        return said("An attempt reaches the person ({channel}): {type}.", channel=named(channel), type=kind)
    if event == Event.ISSUE.label:
        return said(ISSUES[Detector(int(row["detector"])).label], tier=tier)
    if event == Event.SERVICE_START.label:
        return said(STARTS[channel], when=_when(wait), number=int(row["number"]) + 1)
    if event == Event.SERVICE_END.label:
        return said(SERVED[result], span=span(served))
    if event == Event.READ.label:
        return said(READ[channel])
    if event == Event.END.label:
        return said(ENDED[result], tier=tier) if result in ENDED else ""
    if event == Event.STAGE.label:
        text = OVER.get(result) if isinstance(result, str) else STAGES.get(int(row["stage"]))
        return said(text) if text else ""
    if event == Event.PAYMENT.label:
        return said("The person pays {money} {currency}.", money=amount(int(row["value"]) / CENTS_PER_UNIT),
                    currency=currency())  # fmt: skip
    if event == Event.REPORT.label:
        money = amount(int(row["value"]) / CENTS_PER_UNIT) if row["value"] == row["value"] and row["value"] else None
        if money is None:
            return said("The person reports the fraud to the police.")
        return said("The person reports the fraud to the police; {money} {currency} are recovered.", money=money,
                    currency=currency())  # fmt: skip
    return said(LATER[event]) if event in LATER else ""


def _when(wait: int) -> str:
    """Return when a service starts: ``wait`` ms after its alert."""
    return said("{span} after the alert", span=span(wait)) if wait >= SECOND_MS else said("at once")


def span(ms: int) -> str:
    """Return a duration: with seconds below an hour, with days from two on."""
    if ms < MINUTE_MS:
        return said("{seconds} s", seconds=round(ms / SECOND_MS))
    if ms < HOUR_MS:
        return said("{minutes} min {seconds} s", minutes=ms // MINUTE_MS, seconds=ms % MINUTE_MS // SECOND_MS)
    if ms < 2 * DAY_MS:
        return said("{hours} h {minutes} min", hours=ms // HOUR_MS, minutes=ms % HOUR_MS // MINUTE_MS)
    return said(
        "{days} d {hours} h {minutes} min",
        days=ms // DAY_MS,
        hours=ms % DAY_MS // HOUR_MS,
        minutes=ms % HOUR_MS // MINUTE_MS,
    )


def _rows(base: list[Step], other: list[Step]) -> Iterator[Row]:
    """Yield the moments of two ways, in order of time."""
    first = min(steps[0].moment for steps in (base, other) if steps)
    for moment in sorted({step.moment for step in (*base, *other)}):
        here, there = ([step for step in steps if step.moment == moment] for steps in (base, other))
        yield Row(span(moment - first), here, there, here == there)


def _begun(run: "Run", moment: int) -> str:
    """Return the day and time of a moment."""
    day = run.scenario.spec.period.start + timedelta(days=moment // DAY_MS)
    of_day = moment % DAY_MS
    clock = f"{of_day // HOUR_MS:02d}:{of_day % HOUR_MS // MINUTE_MS:02d}"
    return said("{day}, {clock}", day=day_named(day), clock=clock)


def _title(origin: int, known: Any) -> str:
    """Return who it is and what the policy changed."""
    if known is None:
        return said("Attempt {origin}", origin=origin)
    return said(TITLES[known["change"]], age=named(known["age_band"]), type=named(known["fraud_type"]))


def _told(rows: list[Row], names: tuple[str, str], ways: list[list[Step]]) -> str:
    """Say when the two ways part, and how each ends."""
    parting = next((row for row in rows if not row.same), None)
    if parting is None:
        return said("Both ways are the same.")
    told = [said("Both ways are the same until {after} after the attempt.", after=parting.after)]
    if parting is rows[0]:
        told = [said("The ways differ from the start.")]
    for name, steps in zip(names, ways, strict=True):
        paid = [step.text for step in steps if step.kind in ("paid", "stopped")]
        last = paid[-1] if paid else (steps[-1].text if steps else said("The attempt was stopped on its way."))
        told.append(said("{name}: {text}", name=name, text=last))
    return " ".join(told)
