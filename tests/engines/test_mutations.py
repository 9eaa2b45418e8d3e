"""One rule of the reference engine broken at a time: the event log or a table must come out otherwise.

An equality test between two engines can only see what a run makes visible. This is the proof that the runs of the
tests make these rules visible: many ties in one tick, people who are warned over and over, deadlines that come in the
midst of things. A mutation replaces a text that must stand in the source exactly once, so that a rule that is written
differently one day fails here until its mutation is, too.
"""

import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import sim
from sim.aftermath.cases import Backlog
from sim.engines.reference import attempts
from sim.engines.reference.alerts import Alert
from sim.engines.reference.desk import Desk
from sim.engines.reference.episodes import Episode
from sim.engines.reference.track import Track
from sim.midnight.awareness import Awareness
from sim.midnight.people import People
from tests.engines.small import TWO_DAYS, fewer, files_that_differ

TIES: dict[str, Any] = {
    **fewer(0.5),
    "seed": 9,
    "clock": "15 min",
    "population.exposure.high_share": 0.01,
    "population.victim_before_factor": 6.0,
    "population.exposure.high_contacts": 0.9,
    "warning.dissuasion.fatigue": 0.5,
    "warning.detectors.stages": {"engaged": 4.0, "opened": 4.0, "payment": 4.0},
    "warning.tiers.red.deadline": "4 h",
    "warning.tiers.orange.deadline": "3 h",
    "warning.tiers.yellow.deadline": "4 h",
    "warning.tiers.blue.deadline": "90 min",
    "warning.tiers.orange.retry_wait.call": "15 min",
    "measures.banks.intensity": 0.3,
    "warning.unread_wait": "2 h",
    "measures.outage-of-the-centre.window": ["2022-01-31", "2022-01-31"],
}
"""Many ties, many alerts for few people, and deadlines that often decide."""


@dataclass(frozen=True)
class Mutation:
    """A rule that is broken: in a function of ``owner``, each old text becomes a new one."""

    rule: str
    owner: Any
    function: str
    changes: tuple[tuple[str, str], ...]

    def apply(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Put the mutated function in the place of the real one."""
        function: Callable[..., Any] = getattr(self.owner, self.function)
        # What is compiled runs as plain Python, without its decorators.
        function = getattr(function, "py_func", function)
        source = textwrap.dedent(inspect.getsource(function))
        source = source[source.index("def ") :]
        for old, new in self.changes:
            assert source.count(old) == 1, f"{old!r} stands {source.count(old)} times in {self.function}"
            source = source.replace(old, new)
        made: dict[str, Any] = {}
        exec(compile(source, f"<{self.rule}>", "exec"), function.__globals__, made)
        monkeypatch.setattr(self.owner, self.function, made[self.function])


def of(rule: str, owner: Any, function: str, *changes: tuple[str, str]) -> Mutation:
    return Mutation(rule, owner, function, changes)


PLACE = "self.place(channel, number)"
RANK = f"(alert.tier, {PLACE}, alert.identity)"
HEARD = "world.totals.heard[person.province].append(person.number)"
VICTIMS = "self.world.totals.victims[self.person.province].append(self.person.number)"

MUTATIONS = [
    of(
        "expiry after dispatch",
        Alert,
        "issue",
        ("self.order(Phase.READS, AlertStep.EXPIRY)", "self.order(Phase.DISPATCH + 1, AlertStep.EXPIRY)"),
    ),
    of(
        "expiry before a reading of its tick",
        Track,
        "message",
        ("READS, AlertStep.READ)", "READS, AlertStep.DELIVERY)"),
    ),
    of("a retry loses its first issue moment", Track, "service", (RANK, "(alert.tier, world.now, alert.identity)")),
    of("the line knows no tiers", Track, "service", (RANK, f"(0, {PLACE}, alert.identity)")),
    of(
        "a tie in line goes to the later identity",
        Track,
        "service",
        (RANK, f"(alert.tier, {PLACE}, -alert.identity)"),
    ),
    of("an equal tier supersedes", Alert, "issue", ("alert.tier <= self.tier", "alert.tier < self.tier")),
    of("nothing is superseded at birth", Alert, "issue", ("any(alert.tier <= self.tier for alert in living)", "False")),
    of("lower tiers are not superseded", Alert, "issue", ("alert.leave(End.SUPERSEDED, Phase.ARRIVALS)", "pass")),
    of("a marked alert is not superseded", Track, "leave", ("self.marked = end", "pass")),
    of("a marked alert cannot reach", Track, "tries", ("if success:", "if success and self.marked is None:")),
    of(
        "a service ends after the stage moments of its tick",
        Track,
        "service",
        ("duration, Phase.SERVICE_ENDS, channel", "duration, Phase.READS, AlertStep.DELIVERY"),
    ),
    of(
        "dissuasion at the start of a service",
        Track,
        "service",
        (
            "alert.log(Phase.DISPATCH, Event.SERVICE_START, channel=channel, number=number)",
            "alert.log(Phase.DISPATCH, Event.SERVICE_START, channel=channel, number=number);"
            " is_warned(case, int(channel)) and self.persuade(channel, Phase.DISPATCH)",
        ),
    ),
    of("heard at once", Track, "persuade", (HEARD, "world.people_bytes[person.province][person.number] += 1")),
    of("every class is right", Alert, "issue", ("predicted == self.finding.true_type", "True")),
    of(
        "halved before what was heard is added",
        People,
        "at_midnight",
        ("hear(people,", "forget(people) if first_of_month else None; hear(people,"),
        ("if first_of_month:", "if False:"),
    ),
    of("what was heard is never halved", People, "at_midnight", ("if first_of_month:", "if False:")),
    of(
        "a victim before at once",
        Episode,
        "pay",
        (VICTIMS, "self.world.people_bytes[self.person.province][self.person.number] |= 128"),
    ),
    of("nobody was a victim before", Episode, "pay", (VICTIMS, "pass")),
    of(
        "the wait of the unread from issue",
        Track,
        "message",
        ("world.now + tables.unread_wait", "alert.issued + tables.unread_wait"),
    ),
    of(
        "an unread message is read late", Track, "message", ("0 <= read_delay <= tables.unread_wait", "0 <= read_delay")
    ),
    of(
        "tries count over channels",
        Track,
        "tries",
        (
            "most = alert.rules.tries[channel - ContactChannel.CALL]",
            "most = alert.rules.tries[channel - ContactChannel.CALL]"
            " - (alert.rules.tries[0] if channel > self.channel else 0)",
        ),
    ),
    of(
        "a try too many",
        Track,
        "tries",
        ("alert.rules.tries[channel - ContactChannel.CALL]", "alert.rules.tries[channel - ContactChannel.CALL] + 1"),
    ),
    of("a try ends at its deadline and goes on", Track, "tries", (">= alert.deadline", "> alert.deadline")),
    of("the last try expires too", Track, "tries", ("(then_more or not last)", "True")),
    of(
        "a visit without its delay",
        Track,
        "course",
        ("yield self.at(self.world.now + wait, Phase.READS, AlertStep.ESCALATION)", "pass"),
    ),
    of("a desk does not know that an episode is over", Episode, "end", ("if world.tables.desk_knows:", "if False:")),
    of(
        "an alert is issued after its episode",
        Alert,
        "issue",
        ("episode.over and world.tables.desk_knows", "False"),
    ),
    of("an outage delays nothing", attempts, "detect", ("max(finding.moment + wait, outage)", "finding.moment + wait")),
    of(
        "an overrun leaves its server",
        Desk,
        "change_shift",
        ("self.staffed = staffed", "self.staffed = staffed + self.busy * HALF_HOUR_MS"),
    ),
    of(
        "seats are given away within the tick",
        Desk,
        "_trigger_put",
        ("call_at(self.env, now, self._order, self._dispatch)", "self._dispatch()"),
    ),
    of(
        "the newest case first",
        Backlog,
        "take",
        ("return self._cases[first : self._first]", "return self._cases[self._end - self._first + first : self._end]"),
    ),
    of(
        "a hold after the payment",
        Episode,
        "course",
        ("elif u_hold < world.today.held[self.person.province]:", "elif False:"),
    ),
    of("a hold keeps nothing", Episode, "hold", ("self.prevent(Outcome.HELD_CENTS)", "pass")),
    of(
        "a hold counts as what warnings prevented",
        Episode,
        "hold",
        ("self.prevent(Outcome.HELD_CENTS)", "self.prevent(Outcome.PREVENTED_CENTS)"),
    ),
    of("both detectors see the same contacts", attempts, "covered", ("u_local < local", "u_central < local")),
    of(
        "legitimate contacts are seen whatever the coverage",
        attempts,
        "meet_legitimate",
        ("seen = covered(world, province, u_seen_central, u_seen_local)", "seen = (True, True)"),
    ),
    of(
        "every tier waits as the red one",
        Track,
        "tries",
        ("alert.identity, alert.rule, int(channel)", "alert.identity, 0, int(channel)"),
    ),
    of("a retry at once", Track, "tries", ("yield self.at(world.now + wait, Phase.READS, AlertStep.RETRY)", "pass")),
    of("a reading is not logged", Track, "message", ("alert.log(Phase.READS, Event.READ, channel=channel)", "pass")),
    of("a message left behind is not counted", Track, "leave_message", ("if self.delivered is not None:", "if False:")),
    of(
        "education reaches back before the first day",
        Awareness,
        "at_midnight",
        ("day > common.calendar.first", "True"),
        ("row(day - 1)", "row(max(day - 1, common.calendar.first))"),
    ),
]


@pytest.fixture(scope="module")
def tied() -> sim.Scenario:
    return sim.load_scenario("tiny", engine="reference", period=TWO_DAYS, **TIES)


@pytest.fixture(scope="module")
def unmutated(tied: sim.Scenario, tmp_path_factory: pytest.TempPathFactory) -> sim.Run:
    return sim.run(tied, tmp_path_factory.mktemp("unmutated") / "run", events="all")


def test_a_function_made_again_without_a_change_changes_nothing(
    tied: sim.Scenario, unmutated: sim.Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for owner, function in {(m.owner, m.function) for m in MUTATIONS}:
        of("nothing", owner, function).apply(monkeypatch)
    assert files_that_differ(unmutated, sim.run(tied, tmp_path / "run", events="all")) == set()


def _quick_or_slow() -> list[Any]:
    """Return the broken rules: the first of each class or module quick, the others slow."""
    owners = [mutation.owner for mutation in MUTATIONS]
    return [
        pytest.param(one, id=one.rule, marks=[pytest.mark.slow] if one.owner in owners[:number] else [])
        for number, one in enumerate(MUTATIONS)
    ]


@pytest.mark.parametrize("mutation", _quick_or_slow())
def test_a_broken_rule_is_seen(
    mutation: Mutation, tied: sim.Scenario, unmutated: sim.Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mutation.apply(monkeypatch)
    try:
        run = sim.run(tied, tmp_path / "run", events="all")
    except sim.ConservationError:
        return
    assert files_that_differ(unmutated, run)
