"""The comparison can fail: one rule of one engine is broken at a time, and the report names what came out otherwise.

The kernels of the vector engine are compiled as a whole and cannot be broken from a test, so it is the reference
engine that is; a rule counts for one engine only where the other was run before. One mutation stands for each kind of
mistake that a second engine makes: a draw, a gate, a person, a line, a tie, a deadline, a message, a mark, a midnight,
money, and what is only counted.
"""

from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import pytest

import sim
from sim.aftermath import accounts as account_days
from sim.country import measures, schedule
from sim.country.schedule import Schedule
from sim.engines.reference import alerts, attempts, track
from sim.engines.reference.alerts import Alert
from sim.engines.reference.attempts import Arrivals, Attempt
from sim.engines.reference.desk import Desk, Lending
from sim.engines.reference.engine import Run
from sim.engines.reference.episodes import Episode
from sim.engines.reference.track import Track
from sim.engines.reference.world import World
from sim.gangs import crews, effort, routes
from sim.gangs.crews import Crews
from sim.midnight import timetable
from sim.midnight.account_stock import Accounts
from sim.midnight.arrests import Arrests
from sim.midnight.card_stock import Cards
from sim.midnight.filings import Filings
from sim.midnight.filters import Filters
from sim.midnight.learning import Learning
from sim.midnight.opening import Opening
from sim.midnight.raids import Raids
from sim.midnight.recruiting import Recruiting
from sim.shield import dens, engagement
from tests.engines.small import TWO_DAYS, fewer
from tests.engines.test_mutations import MUTATIONS, Mutation, of
from tests.equality.both import assert_equal, differences
from tests.equality.scenarios import (
    ACCOUNTS,
    ANSWERING,
    CLASSES,
    DENSE,
    GROWING,
    NAMED,
    SIGNS,
    SLACK,
    TIED_AND_UNEVEN,
    TRACKS,
    VISITED,
    VISITS,
)

COVERED = "seen = covered(world, cell.province, u_central, u_local)"
VOID = "if other < larger or (other == larger and not local_is_larger):"

KNOWN = {mutation.rule: mutation for mutation in MUTATIONS}

BROKEN: list[tuple[str, Mutation]] = [
    # What happens otherwise is seen in the events.
    ("events", of("a draw of another purpose", Attempt, "happen", ("ATTEMPT_COVERAGE, 0", "ATTEMPT_PERSON, 0"))),
    ("events", of("a draw twice", Arrivals, "pass_gates", ("gate // 2, gate % 2", "gate // 2, 0"))),
    ("events", of("the draw of another gate", Arrivals, "pass_gates", ("gate // 2, gate % 2", "0, gate % 2"))),
    (
        "events",
        of("gates in another order", Arrivals, "pass_gates", ("stops[gate]", "stops[::-1][gate]")),
    ),
    (
        "attempts",
        of(
            "another gate's fate",
            Arrivals,
            "pass_gates",
            ("self.ended[gate] = stopped", "self.ended[max(gate, GATES[1])] += stopped"),
        ),
    ),
    ("events", of("those of higher rank go on", Arrivals, "each", ("prospect, index)", "prospect, index + 1)"))),
    (
        "events",
        of("those who may engage by another draw", Arrivals, "arrive", ("PROSPECTS, 0, 0)", "PROSPECTS, 1, 0)")),
    ),
    ("events", of("the highest band is left out", Arrivals, "alarm", ("in range(bands", "in range(1, bands"))),
    ("events", of("the lowest band is left out", Arrivals, "alarm", ("above(score)", "above(score) - 1"))),
    ("events", of("a band takes nothing from the next", Arrivals, "alarm", ("count = count - found", "pass"))),
    ("events", of("bands draw together", Arrivals, "alarm", ("1 + band, fate - Fate.UNANSWERED", "1 + band, 0"))),
    ("events", of("all bands by one draw", Arrivals, "alarm", ("1 + band, fate", "1, fate"))),
    (
        "events",
        of("ignored ones in the bands of others", attempts, "look", ("- Fate.UNANSWERED])", "- Fate.IGNORED])")),
    ),
    ("events", of("all are seen whatever the coverage", attempts, "look", (COVERED, "seen = (True, True)"))),
    (
        "events",
        of("followed ones are seen whatever the coverage", Attempt, "happen", (COVERED, "seen = (True, True)")),
    ),
    ("events", of("void scores are taken as they are", attempts, "scores_in_band", (VOID, "if True:"))),
    ("events", of("void contacts have no scores", attempts, "scores_in_band", ("if least >= LOWEST:", "if True:"))),
    (
        "events",
        of("always the central score is the larger", attempts, "scores_in_band", ("(u_level & 1) == 1", "False")),
    ),
    (
        "events",
        of(
            "the local score apart from the central one",
            attempts,
            "scores_in_band",
            ("other = correlation", "other = 0.0"),
        ),
    ),
    ("events", of("heights of another band", attempts, "height", ("u_level, band)", "u_level, band // 2)"))),
    ("events", of("an engagement of another limit", Attempt, "engages", ("most_engaging[t]", "most_engaging[0]"))),
    (
        "events",
        of("prospects of another type", Arrivals, "arrive", ("[self.fraud_type]", "[0 * self.fraud_type]")),
    ),
    (
        "events",
        of("an engagement by the whole uniform", Attempt, "engages", ("below(self.u_engage, ", "min(self.u_engage, ")),
    ),
    (
        "events",
        of("whoever does not answer is met", Attempt, "find", ("answers != is_unanswered", "answers == is_unanswered")),
    ),
    ("events", of("the first person found is met", Attempt, "find", ("range(MOST_TRIES)", "range(1)"))),
    ("events", of("answers by the whole uniform", Attempt, "find", ("uniform_given(u, answers, least, most)", "u"))),
    ("events", of("answers of another hour", Attempt, "find", ("// HALF_HOUR_MS", "// HALF_HOUR_MS // 2"))),
    ("events", of("everybody has the app", Attempt, "find", ("today.app)", "today.app + 2**32)"))),
    ("events", of("moments of those who do not answer", Attempt, "__init__", ("moments[int(answers)", "moments[0"))),
    (
        "events",
        of("answered ones look like the others", attempts, "look", ("answers=fate == Fate.IGNORED", "answers=True")),
    ),
    ("events", of("victims forget", Attempt, "engages", ("& VICTIM", "& 0"))),
    ("alerts", of("another truth", attempts, "look", ("Truth(Fate.ENGAGED - fate)", "Truth.IGNORED"))),
    (
        "events",
        of("the person next door", attempts, "meet", ("Person(province, number,", "Person(province, number ^ 1,")),
    ),
    (
        "events",
        of("a cent too much", Episode, "pay", ("self.amount_before(payment)", "self.amount_before(payment) - 1")),
    ),
    ("events", KNOWN["both detectors see the same contacts"]),
    ("events", KNOWN["an outage delays nothing"]),
    ("events", KNOWN["a tie in line goes to the later identity"]),
    ("events", KNOWN["the line knows no tiers"]),
    ("events", KNOWN["seats are given away within the tick"]),
    ("events", KNOWN["expiry after dispatch"]),
    ("events", KNOWN["a marked alert is not superseded"]),
    ("events", KNOWN["halved before what was heard is added"]),
    # What is only counted otherwise is seen in its table alone.
    ("alerts", of("alerts by the day of their end", Alert, "end", ("(self.issue_day,", "(world.day,"))),
    (
        "contacts",
        of(
            "messages left behind by the day of their end",
            Track,
            "leave_message",
            ("key = (day,", "key = (self.world.day,"),
        ),
    ),
    (
        "contacts",
        of("messages about nothing left behind", Track, "leave_message", ("finding.truth)", "3)")),
    ),
    ("cases", of("cases by the bin of half their loss", Episode, "file", ("loss_bin(loss)", "loss_bin(loss // 2)"))),
    ("cases", of("cases by the delay of filing", Episode, "report", ("(self.file, after)", "(self.file, delay)"))),
    ("waits", of("waits from issue", Track, "service", ("world.now - self.waiting.since", "world.now - alert.issued"))),
    ("hours", of("staff of a Sunday", Run, "count_staff", ("len(ms), day)", "len(ms), day - day % 7)"))),
    ("hours", of("work in the half hour of its end", World, "busy", ("start % DAY_MS", "(end - 1) % DAY_MS"))),
    (
        "flows",
        of("a card more a day", Cards, "at_midnight", ('"cards_flagged", flagged)', '"cards_flagged", flagged + 1)')),
    ),
    ("state", of("d' of another day", Filters, "note", ('channel}", d_prime)', 'channel}", d_prime + 0.01)'))),
    ("outcomes", KNOWN["a hold counts as what warnings prevented"]),
    ("outcomes", of("no bank would have held", Episode, "avert", ("come_to, held)", "come_to, 0)"))),
]
"""A broken rule, and the table that the report must begin with: events come first, then tables by name."""

GROWN: list[tuple[str, Mutation]] = [
    (
        "events",
        of(
            "half a server owes nothing",
            Desk,
            "release",
            ("self._settle()", "self._since = int(self.env.now)"),
        ),
    ),
    (
        "events",
        of("a desk may owe twice as much", Desk, "may_begin", ("self._most_debt", "2 * self._most_debt")),
    ),
    (
        "events",
        of("a ramp that is done", schedule, "grown", ("None if growth is None else growth.ramp", "None")),
    ),
    (
        "events",
        of("the first growth for all", Schedule, "_on_duty", ("[self._growth_of]", "[0 * self._growth_of]")),
    ),
    ("events", of("a step a day late", schedule, "grown", ("step.from_) >= 0", "step.from_) > 0"))),
    ("events", of("dated values are left out", measures, "multiplier", ("if measure.steps", "if False"))),
    ("events", of("dated values jump", measures, "dated", ("before + (value - before) * (", "before + 0.0 * ("))),
    ("events", of("weights are left out", timetable, "coverage", (" * relative[code]", ""))),
    ("events", of("the least weight for all", timetable, "coverage", ("relative[code]\n", "min(relative.values())\n"))),
]
"""Rules of staff that grows and of provinces that are weighed."""


FIRST_FOR_ALL: list[tuple[Any, str, str, str]] = [
    (Arrivals, "pass_gates", "[self.cells]", "[0 * self.province, self.channel, self.fraud_type]"),
    (Arrivals, "pass_gates", "(self.province, self.channel)", "(0 * self.province, self.channel)"),
    (
        attempts,
        "least_scores",
        "(today.coverage > 0)",
        "(0 * today.coverage + today.coverage[:, :1] > 0)",
    ),
    (attempts, "least_scores", "today.data_sharing.tolist()", "today.data_sharing.tolist()[:1] * len(central)"),
    (attempts, "look", "data_sharing[cell.province]", "data_sharing[0]"),
    (Attempt, "__init__", "[int(answers), cell.province,", "[int(answers), 0,"),
    (Attempt, "engages", "unaware[person.province,", "unaware[0,"),
    (Attempt, "happen", "data_sharing[cell.province]", "data_sharing[0]"),
    (attempts, "covered", "coverage[:, province]", "coverage[:, 0]"),
    (attempts, "detect", "outage[detector, finding.person.province]", "outage[detector, 0]"),
    (Episode, "course", "held[self.person.province]", "held[0]"),
    (Episode, "show", "data_sharing[self.person.province]", "data_sharing[0]"),
    (Track, "persuade", "awareness[person.province, person.segment]", "awareness[0, person.segment]"),
]
"""Macro state by province: where it is looked up, and how it would be looked up for the first province only."""

FIRST_FOR_ALL += [
    (Arrivals, "pass_gates", "[self.cells]", "[self.province, 0 * self.channel, self.fraud_type]"),
    (Arrivals, "pass_gates", "[self.cells]", "[self.province, self.channel, 0 * self.fraud_type]"),
    (Attempt, "engages", "propensity[t,", "propensity[0,"),
]
"""And by channel and fraud type."""

OF_THE_FIRST = " of the first province"
BROKEN += [("events", of(f"{old}{OF_THE_FIRST}", owner, name, (old, new))) for owner, name, old, new in FIRST_FOR_ALL]


LENT = "number << 30, AFTER_DISPATCH"
IN_PEACE = "if not self.rules.also_if_reached:"
REACHED = "End.REACHED if self.reached else end"
PREDICTED = "predicted_type(seed, alert.identity, alert.kind, detectors)"
OWN_DESK = "world.desks[province][channel].release()"

OF_TRACKS: list[tuple[str, Mutation]] = [
    # Several channels at once.
    ("events", of("nobody who was reached is left in peace", Alert, "note_reached", (IN_PEACE, "if False:"))),
    ("events", of("all who were reached are left in peace", Alert, "note_reached", (IN_PEACE, "if True:"))),
    ("events", of("reached is not passed on", Alert, "track_ends", (REACHED, "end"))),
    ("events", of("an alert ends with its first track", Alert, "track_ends", ("if not self.tracks and not", "if not"))),
    ("laws", of("a marked track counts as reached", Track, "tries", ("return self.marked", "return End.REACHED"))),
    ("events", of("a service is broken off at the deadline", Alert, "expire", ("not track.serving", "True"))),
    ("events", of("heard once a track", Track, "persuade", ("if not alert.reached:", "if True:"))),
    (
        "first_contacts",
        of("a first contact a track", Alert, "note_first_contact", ("if not self.contacted:", "if True:")),
    ),
    (
        "first_contacts",
        of("first contacts since issue", Alert, "note_first_contact", ("chain + world.now", "world.now")),
    ),
    # Lending.
    ("events", of("servers are lent before their own line", Lending, "__init__", (LENT, "(number - 1) << 30"))),
    ("hours", of("work at the desk of the line", Track, "service", ("DESKS[seats.number % len(DESKS)]", "channel"))),
    ("events", of("a seat comes free at the other desk", Track, "service", ("seats.release()", OWN_DESK))),
    # Disciplines.
    (
        "events",
        of("the score of the other detector", alerts, "score_of", ("== Detector.CENTRAL", "!= Detector.CENTRAL")),
    ),
    (
        "events",
        of("a score that d' does not move", alerts, "score_of", ("_in_units(d_prime +", "_in_units(0 * d_prime +")),
    ),
    (
        "events",
        of("the stake of the true type", track, "place_of", (PREDICTED, "min(alert.kind, len(lines.stake) - 1)")),
    ),
    ("events", of("the stake at the contact", track, "place_of", ("stage_of(alert.identity)", "0"))),
    (
        "events",
        of("of equal stakes the last issued", track, "place_of", ("int(alert.issued - ", "int(-alert.issued - ")),
    ),
]
"""Broken on ``TRACKS``, and the table that the report begins with, or ``laws`` where the run refuses itself."""

OF_SLACK: list[tuple[str, Mutation]] = [
    ("events", of("who lends borrows", Lending, "__init__", ("(desks, desks[::-1])", "(desks[::-1], desks)"))),
    ("events", of("last issued, last served", track, "place_of", ("return -alert", "return alert"))),
    ("events", of("time left at the other desk", track, "place_of", ("rule, alert.desk", "rule, 1 - alert.desk"))),
    ("events", of("every try counts as the first", track, "place_of", ("desk, alert.number", "desk, 0"))),
]
"""Broken on ``SLACK``."""

OF_VISITS: list[tuple[str, Mutation]] = [
    ("events", of("everybody follows the rules of the tier", Alert, "__init__", ("finding.person.age]", "0]"))),
    ("laws", of("whoever refuses is warned", track, "is_warned", ("case == REFUSED and", "case == REFUSED or"))),
    (
        "events",
        of("refusals count as visits in vain", track, "result_of", ("case]", "case % 2 if channel > 2 else case]")),
    ),
    (
        "events",
        of("a way at the speed of another try", track, "outcome", ("channel, tries, tables", "channel, 0, tables")),
    ),
    ("first_contacts", of("first contact at dispatch", Alert, "note_first_contact", ("world.now + way", "world.now"))),
    ("events", of("visited again though marked", Track, "finish", ("self.marked is None and", ""))),
    ("events", of("visited again after the deadline", Track, "finish", (" and world.now < alert.deadline", ""))),
    ("events", of("second visits first", Track, "place", ("alert.issued if number < AGAIN else", "alert.issued or"))),
    ("events", of("no second visit", Track, "finish", ("and alert.rules.again", "and False"))),
    ("events", of("the tries of the first visit", Track, "finish", ("first=AGAIN", "first=0"))),
    (
        "events",
        of("second visits after an escalation's wait", track, "second_visit_wait", ("again[rule]", "escalation")),
    ),
    ("events", of("calls reach families", track, "is_dissuaded", ("channel == ContactChannel.VISIT and", ""))),
    ("events", of("no family", track, "is_dissuaded", ("tables.family_bonus", "0.0"))),
]
"""Broken on ``TRACKS`` with ``VISITS``."""

OF_VISITED: list[tuple[str, Mutation]] = [
    ("events", of("one resistance for both visits", track, "is_dissuaded", ("1 if is_second else 0", "0"))),
    ("events", of("a second visit as good as the first", track, "is_dissuaded", ("*= tables.again", "*= 1.0"))),
]
"""Broken on ``VISITED``."""

OF_GANGS: list[tuple[str, Mutation]] = [
    (
        "events",
        of("crews of another night", Recruiting, "at_midnight", ("self._dens.crews.recruit(self._dens.state)", "pass")),
    ),
    ("events", of("nothing is tried again", routes.Routes, "sent", ("(1.0 - again * caught)", "1.0"))),
    ("events", of("nobody goes elsewhere", routes.Routes, "_moved", ("if share > 0.0", "if False"))),
    (
        "events",
        of(
            "all classes use cards", routes.Routes, "_mixed", ("reaching = left *", "reaching = left if left.size else")
        ),
    ),
    (
        "events",
        of("a label that nobody heeds", routes.Routes, "_mixed", ("(1.0 - of_day.unheeded[..., None])", "1.0")),
    ),
    ("attempts", of("a blocked class goes on", routes.Routes, "_mixed", ("(1.0 - of_day.blocked[..., None])", "1.0"))),
    ("events", of("cards flagged by all calls", Cards, "_intercepted", ("self.card_shares is not None", "False"))),
    ("filings", of("cases of any class", Filings, "keep", ("np.cumsum(shares[:, own], axis=1)", "1.0"))),
    ("events", of("nobody is missed", Arrests, "thinning", ("found / ONE", "0.0"))),
    (
        "events",
        of(
            "arrests are never forgotten",
            Arrests,
            "thinning",
            ("self._thinning = self._thinning, 0", "_ = self._thinning, 0"),
        ),
    ),
    ("events", of("who is arrested for a card is a member", Arrests, "_parts", ("in THINNING", '!= "suspects_dens"'))),
    ("events", of("raided dens recruit", crews, "_recruit", ("not dens.raided[slot] and ", ""))),
    ("events", of("leaderless crews recruit", crews, "_recruit", (" and not dens.leaderless[slot]", ""))),
    ("events", of("dens open again as they were", Crews, "reopen", ("= self._reopens_with", "= self.share[opened]"))),
    ("events", of("raided crews are thinned too", Crews, "thin", ("[working] *=", "[:] *="))),
    ("events", of("the gate takes all crews for full", Crews, "made", ("raided / whole", "raided / CERTAIN"))),
    ("events", of("raids are as long as ever", dens, "_raid", ("delay *= slower", "pass"))),
    ("events", of("ringleaders of before stay arrested", dens, "_reopen", ("state.leaderless[slot] = 0", "pass"))),
    ("flows", of("raids arrest full crews", Raids, "at_midnight", ("if crews is None:", "if True:"))),
    ("events", of("who is drawn in by the first type", Episode, "begin", ("in[self.fraud_type]", "in[0]"))),
    ("events", of("who pays by the first type", Episode, "pay", ("payments[self.fraud_type]", "payments[0]"))),
    (
        "events",
        of("an answer to today", Learning, "at_midnight", ("if day > self._common.calendar.first", "if False")),
    ),
    ("events", of("awareness does not count", engagement, "mean_shares", ("share * number", "1.0 * number"))),
    ("events", of("all types yield alike", effort, "_answer", ("power(relative[c, t] / best, shift)", "1.0"))),
    ("events", of("supply as it was", effort, "_answer", ("power(mean, supply)", "1.0"))),
    ("events", of("attempts without a ceiling", timetable, "attempt_rates", (", volume.ceiling, until)", ")"))),
    ("events", of("losses without a ceiling", timetable, "growth", ("ceiling is None", "True"))),
]
"""Broken on ``TIED_AND_UNEVEN`` with gangs that answer."""

BY_CASES = "distinct(marked, active / ONE)"
BY_HONEST = "fixed(victims * ", "fixed(active / ONE * "
ONE_DRAW = "self.attempt, number, cents", "self.attempt, 0, cents"
OF_ACCOUNTS: list[tuple[str, Mutation]] = [
    (
        "events",
        of(
            "an order at the report",
            Episode,
            "report",
            ("ordered = world.now + order_", "ordered = world.now + 0 * order_"),
        ),
    ),
    ("events", of("all payments by one draw", Episode, "report", ONE_DRAW)),
    ("events", of("searches of the first", Episode, "report", ("searches[self.person.province]", "searches[0]"))),
    ("events", of("money leaves as ever", Opening, "at_midnight", ("self._accounts.slowness", "1.0"))),
    (
        "flows",
        of("measures find what no other does", account_days, "_of_province", ("np.maximum(found, ", "(found + ")),
    ),
    ("events", of("purges do not lengthen", account_days, "_of_province", ("(purge.replacement_factor - 1.0)", "0.0"))),
    ("flows", of("no account for a case", Accounts, "at_midnight", ("cases * self", "0 * self"))),
    ("flows", of("an account for each case", Accounts, "at_midnight", (BY_CASES, "marked"))),
    ("events", of("no case names an account", Accounts, "at_midnight", ("/ known_for) + cases", "/ known_for)"))),
    ("flows", of("honest accounts by all at work", Accounts, "at_midnight", BY_HONEST)),
]
"""Broken on ``TIED_AND_UNEVEN`` with accounts of mules."""

OF_GANGS_VALUES: dict[str, Any] = {
    **TIED_AND_UNEVEN,
    **fewer(1.0),
    **ANSWERING,
    **CLASSES,
    "period": {"start": "2022-01-27", "end": "2022-02-01", "warmup": "3 d"},
    "population.legitimate": dict.fromkeys(("call", "sms", "online"), "4000 per day"),
}

LOCAL_RINGS = "repeats(local.tier, other_issue, central.tier, issue, True, tables.quiet)"
OF_SIGNS: list[tuple[str, Mutation]] = [
    ("events", of("nobody waits for a sign", attempts, "detect", ("finding.moment + wait", "finding.moment"))),
    ("events", of("each detector sees its own signs", alerts, "weigh", ("origin_of(alert), 0,", "alert, 0,"))),
    ("events", of("one draw for all signs", alerts, "weigh", ("contact, SIGN, tables.name[k]", "contact, SIGN, 0"))),
    ("events", of("signs of the contact at every stage", alerts, "weigh", ("min(stage_of(alert),", "min(0,"))),
    ("events", of("who ignores shows what others show", alerts, "weigh", ("- 1 + truth", "- 1 + Truth.LEGITIMATE"))),
    ("events", of("all types show the same signs", alerts, "weigh", ("[k, case, kind]", "[k, case, 0]"))),
    ("events", of("a sign lifts nothing", alerts, "weigh", ("tier - lift", "tier"))),
    ("events", of("every sign waits for the last", alerts, "weigh", ("asked = min(asked, delay)", "asked = delay"))),
    ("events", of("a lift is known at once", alerts, "weigh", ("lifted = min(lifted, delay)", "pass"))),
    ("events", of("a sign known in the tier of the score", alerts, "weigh", ("given < tier and ", ""))),
    ("events", of("the local alert always rings", attempts, "detect", (LOCAL_RINGS, "False"))),
    ("events", of("the less urgent alert rings", alerts, "repeats", ("first_tier <= tier", "first_tier >= tier"))),
    ("events", of("it is quiet for ever", alerts, "repeats", (" and before < quiet", ""))),
    ("events", of("who was reached in an episode hears again", Alert, "rings_again", ("tier <= self.tier", "False"))),
    ("events", of("an episode is quiet from the contact", Alert, "rings_again", ("now - moment", "now * 0"))),
]
"""Broken on ``DENSE`` with ``SIGNS``."""

OF_ACCOUNTS_VALUES: dict[str, Any] = {
    **TIED_AND_UNEVEN,
    **fewer(1.0),
    **ACCOUNTS,
    **NAMED,
    "accounts.stock": 150,
    "accounts.replacement": "20 d",
    "aftermath.report": {"probability": 0.9, "delay": {"lognormal": {"median": "1 h", "sigma": 1.5}}},
    "warning.dissuasion.stop": dict.fromkeys(("app", "sms", "call", "visit"), 0.1),
    "period": {"start": "2022-01-29", "end": "2022-02-02", "warmup": "1 d"},
    "population.legitimate": dict.fromkeys(("call", "sms", "online"), "4000 per day"),
}
GROWING_THERE: dict[str, Any] = {**TIED_AND_UNEVEN, **GROWING}
SETTINGS: dict[str, dict[str, Any]] = {
    "rules": TIED_AND_UNEVEN,
    "growth": GROWING_THERE,
    "gangs": OF_GANGS_VALUES,
    "accounts": OF_ACCOUNTS_VALUES,
    "tracks": TRACKS,
    "slack": SLACK,
    "signs": {**DENSE, **SIGNS},
    "visits": {**TRACKS, **VISITS},
    "visited": VISITED,
}
BROKEN_THERE = [
    (name, *broken)
    for name, some in (
        ("rules", BROKEN),
        ("growth", GROWN),
        ("gangs", OF_GANGS),
        ("accounts", OF_ACCOUNTS),
        ("tracks", OF_TRACKS),
    )
    for broken in some
] + [
    (name, *broken)
    for name, some in (("slack", OF_SLACK), ("signs", OF_SIGNS), ("visits", OF_VISITS), ("visited", OF_VISITED))
    for broken in some
]


def an_eighth(share: float, legitimate: int, values: dict[str, Any]) -> dict[str, Any]:
    """Return settings with an eighth of the attempts and of the legitimate contacts that they have."""
    few = dict.fromkeys(("call", "sms", "online"), f"{legitimate / 8} per day")
    return {
        **values,
        **fewer(share / 8),
        **{f"population.legitimate.{channel}": level for channel, level in few.items()},
    }


FEW: dict[str, dict[str, Any]] = {
    "rules": an_eighth(3.0, 40_000, TIED_AND_UNEVEN),
    "growth": an_eighth(3.0, 40_000, GROWING_THERE),
    "gangs": an_eighth(1.0, 4_000, OF_GANGS_VALUES),
    "accounts": an_eighth(1.0, 4_000, OF_ACCOUNTS_VALUES),
    "tracks": an_eighth(1.5, 6_000, TRACKS),
    "slack": an_eighth(1.5, 6_000, SLACK),
    "signs": an_eighth(1.0, 12_000, {**DENSE, **SIGNS}),
    "visits": an_eighth(1.5, 6_000, {**TRACKS, **VISITS}),
    "visited": an_eighth(3.0, 0, VISITED),
}
"""The same settings with few attempts, where most broken rules are reported already, in a third of the time.

Those that it takes a tie, a full line or somebody met again to see are looked for among all attempts.
"""


class Both:
    """Runs of the settings, whose scenarios are loaded once and whose runs by the vector engine are kept."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = count()
        self._scenario = cache(self._load)
        self.unbroken = cache(self._run_vector)

    def by_reference(self, name: str, few: bool) -> sim.Run:
        """Return a run by the engine that is broken."""
        return self._run(name, few, "reference")

    def _run_vector(self, name: str, few: bool) -> sim.Run:
        return self._run(name, few, "vector")

    def _run(self, name: str, few: bool, engine: str) -> sim.Run:
        folder = self._folder / f"{next(self._numbers)}-{engine}"
        return sim.run(self._scenario(name, few, engine), folder, events="all")

    def _load(self, name: str, few: bool, engine: str) -> sim.Scenario:
        return sim.load_scenario("tiny", engine=engine, **{"period": TWO_DAYS, **(FEW if few else SETTINGS)[name]})


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Both:
    return Both(tmp_path_factory.mktemp("mutations"))


@pytest.mark.parametrize("few", [True, pytest.param(False, marks=pytest.mark.slow)], ids=["few", "all"])
@pytest.mark.parametrize("name", SETTINGS)
def test_unbroken_they_are_equal(name: str, few: bool, both: Both) -> None:
    assert_equal(both.by_reference(name, few), both.unbroken(name, few))


def _quick_or_slow() -> list[Any]:
    """Return what is broken: the first of each setting quick, the others slow."""
    met, found = set(), []
    for name, table, one in BROKEN_THERE:
        marks = [pytest.mark.slow] if name in met else []
        met.add(name)
        found.append(pytest.param(name, table, one, marks=marks, id=f"{name}: {one.rule}"))
    return found


@pytest.mark.parametrize(("name", "table", "mutation"), _quick_or_slow())
def test_a_broken_rule_is_reported(
    name: str, table: str, mutation: Mutation, both: Both, monkeypatch: pytest.MonkeyPatch
) -> None:
    unbroken = {few: both.unbroken(name, few) for few in (True, False)}  # before anything is broken
    mutation.apply(monkeypatch)
    if table == "laws":
        with pytest.raises(sim.ConservationError):
            both.by_reference(name, few=True)
        return
    broken = both.by_reference(name, few=True)
    report = differences(broken, unbroken[True])
    if report and report[0].startswith(f"{table}: "):
        demand_report(report, table)
        return
    demand_report(differences(both.by_reference(name, few=False), unbroken[False]), table)


def demand_report(report: list[str], table: str) -> None:
    """Fail unless a report tells what a broken engine wrote from what the other one did, this table first."""
    assert report
    assert report[0].startswith(f"{table}: "), report[0]
    if table == "events":
        # An origin of the first event that only one engine has, with what happened to it in both.
        assert "in reference, " in report[0]
        assert "in vector, " in report[0]


def test_engines_that_part_fail_the_comparison(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    unbroken = both.unbroken("rules", True)
    KNOWN["the line knows no tiers"].apply(monkeypatch)
    with pytest.raises(AssertionError, match="events: "):
        assert_equal(both.by_reference("rules", few=True), unbroken)
