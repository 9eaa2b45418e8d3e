"""The comparison can fail: one rule of one engine is broken at a time, and the report names what came out otherwise.

The kernels of the vector engine are compiled as a whole and cannot be broken from a test, so it is the reference
engine that is; a rule counts for one engine only where the other was run before. One mutation stands for each kind of
mistake that a second engine makes: a draw, a gate, a person, a line, a tie, a deadline, a message, a mark, a midnight,
money, and what is only counted.
"""

from pathlib import Path
from typing import Any

import pytest

import sim
from sim.engines.reference import attempts
from sim.engines.reference.alerts import Alert
from sim.engines.reference.attempts import Arrival
from sim.engines.reference.episodes import Episode
from sim.engines.reference.world import World
from sim.midnight.night import Night
from tests.engines.small import run_tiny
from tests.engines.test_mutations import MUTATIONS, Mutation, of
from tests.equality.both import assert_equal, differences
from tests.equality.scenarios import TIED_AND_UNEVEN

KNOWN = {mutation.rule: mutation for mutation in MUTATIONS}

BROKEN: list[tuple[str, Mutation]] = [
    # What happens otherwise is seen in the events.
    ("events", of("a draw of another purpose", Arrival, "leave_traces", ("ATTEMPT_COVERAGE, 0", "ATTEMPT_TARGET, 0"))),
    (
        "events",
        of("a draw twice", Arrival, "pass_filters", ("is_not_sent(u.not_sent", "is_not_sent(u.slot")),
    ),
    (
        "events",
        of(
            "another gate's fate", Arrival, "pass_filters", ("return Fate.DEN_DESTROYED", "return Fate.CARD_ELIMINATED")
        ),
    ),
    (
        "events",
        of("the person next door", attempts, "meet", ("Person(province, number,", "Person(province, number ^ 1,")),
    ),
    (
        "events",
        of("a fen too much", Episode, "pay", ("self.amount_before(payment)", "self.amount_before(payment) - 1")),
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
        of("messages left behind by the day of their end", Alert, "end", ("[(day, finding", "[(world.day, finding")),
    ),
    ("cases", of("cases by the bin of half their loss", Episode, "file", ("loss_bin(loss)", "loss_bin(loss // 2)"))),
    ("cases", of("cases by the delay of filing", Episode, "report", ("(self.file, after)", "(self.file, delay)"))),
    ("waits", of("waits from issue", Alert, "service", ("world.now - self.waiting.since", "world.now - self.issued"))),
    ("hours", of("work in the half hour of its end", World, "busy", ("start % DAY_MS", "(end - 1) % DAY_MS"))),
    (
        "flows",
        of("a card more a day", Night, "change_cards", ('"cards_flagged", flagged)', '"cards_flagged", flagged + 1)')),
    ),
    ("state", of("d' of another day", Night, "change_filters", ('channel}", d_prime)', 'channel}", d_prime + 0.01)'))),
    ("outcomes", KNOWN["a hold counts as what warnings prevented"]),
]
"""A broken rule, and the table that the report must begin with: events come first, then tables by name."""


FIRST_FOR_ALL: list[tuple[Any, str, str, str]] = [
    (Arrival, "pass_filters", " p, c, gates.not_sent", " 0, c, gates.not_sent"),
    (Arrival, "pass_filters", " p, gates.dead", " 0, gates.dead"),
    (Arrival, "pass_filters", " p, c, t, gates.intercepted", " 0, c, t, gates.intercepted"),
    (Arrival, "pass_filters", " p, c, t, gates.down", " 0, c, t, gates.down"),
    (Arrival, "reach", "today.engaged[p]", "today.engaged[0]"),
    (Arrival, "leave_traces", "data_sharing[self.province]", "data_sharing[0]"),
    (attempts, "covered", "coverage[detector, province]", "coverage[detector, 0]"),
    (attempts, "detect", "outage[detector, finding.person.province]", "outage[detector, 0]"),
    (Episode, "course", "held[self.person.province]", "held[0]"),
    (Episode, "show", "data_sharing[self.person.province]", "data_sharing[0]"),
    (Alert, "persuade", "awareness[person.province, person.segment]", "awareness[0, person.segment]"),
]
"""Macro state by province: where it is looked up, and how it would be looked up for the first province only."""

BROKEN += [
    ("events", of(f"{old} of the first province", owner, name, (old, new))) for owner, name, old, new in FIRST_FOR_ALL
]


@pytest.fixture(scope="module")
def vector(tmp_path_factory: pytest.TempPathFactory) -> sim.Run:
    return run_tiny(tmp_path_factory.mktemp("mutations") / "vector", engine="vector", **TIED_AND_UNEVEN)


def test_unbroken_they_are_equal(vector: sim.Run, tmp_path: Path) -> None:
    assert_equal(run_tiny(tmp_path / "run", engine="reference", **TIED_AND_UNEVEN), vector)


@pytest.mark.parametrize(("table", "mutation"), BROKEN, ids=[mutation.rule for _, mutation in BROKEN])
def test_a_broken_rule_is_reported(
    table: str, mutation: Mutation, vector: sim.Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mutation.apply(monkeypatch)
    broken = run_tiny(tmp_path / "run", engine="reference", **TIED_AND_UNEVEN)
    report = differences(broken, vector)
    assert report
    assert report[0].startswith(f"{table}: "), report[0]
    if table == "events":
        # An origin of the first event that only one engine has, with what happened to it in both.
        assert "in reference, " in report[0]
        assert "in vector, " in report[0]
    with pytest.raises(AssertionError, match=f"{table}: "):
        assert_equal(broken, vector)
