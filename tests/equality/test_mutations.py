"""The comparison can fail: one rule is broken at a time, and the report names the table that came out otherwise.

The kernels of the vector engine are compiled as a whole and cannot be broken from a test, so its run is made before
anything is broken, and the reference engine's after. A mutation replaces a text that must stand in the source exactly
once, so that a rule that is written differently one day fails here until its mutation is, too. One stands for each
kind of mistake that a second engine makes: a draw, a gate, a person, a queue, a deadline, a midnight, money, and what
is only counted.
"""

import inspect
import textwrap
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

import sim
from sim.engines.reference import alerts, attempts, track
from sim.engines.reference.alerts import Alert
from sim.engines.reference.attempts import Arrivals, Attempt
from sim.engines.reference.episodes import Episode
from sim.engines.reference.track import Track
from sim.engines.reference.world import Desk, Lending
from sim.gangs import effort, routes
from sim.midnight.cases import Arrests
from sim.midnight.opening import Filters
from sim.midnight.people import People
from sim.midnight.stocks import Accounts
from sim.shield import engagement
from tests.equality.both import differences
from tests.equality.scenarios import FEATURES

RANK = "(alert.tier, self.place(channel, number), alert.identity)"
HEARD = "if first_of_month:"
VOID = "if other < larger or (other == larger and not local_is_larger):"
EXPIRY = "self.order(Phase.READS, AlertStep.EXPIRY)"
PEACE = "if not self.rules.also_if_reached:"
LENT = "number << 30, AFTER_DISPATCH"
Change = tuple[str, str]

BROKEN: list[tuple[str, str, str, Any, str, Change]] = [
    ("rules", "events", "a draw of another purpose", Attempt, "happen", ("ATTEMPT_COVERAGE, 0", "ATTEMPT_PERSON, 0")),
    ("rules", "events", "gates in another order", Arrivals, "pass_gates", ("stops[gate]", "stops[::-1][gate]")),
    ("rules", "events", "a band takes nothing from the next", Arrivals, "alarm", ("count = count - found", "pass")),
    ("rules", "events", "void scores are taken as they are", attempts, "scores_in_band", (VOID, "if True:")),
    ("rules", "events", "the first person found is met", Attempt, "find", ("range(MOST_TRIES)", "range(1)")),
    ("rules", "events", "the line knows no tiers", Track, "service", (RANK, RANK.replace("alert.tier", "0"))),
    ("rules", "events", "expiry after dispatch", Alert, "issue", (EXPIRY, EXPIRY.replace("READS", "DISPATCH + 1"))),
    ("rules", "events", "alerts heard are never halved", People, "at_midnight", (HEARD, "if False:")),
    ("rules", "events", "a cent too much", Episode, "pay", ("amount_before(payment)", "amount_before(payment) - 1")),
    ("rules", "events", "banks of the first province", Episode, "course", ("held[self.person.province]", "held[0]")),
    ("rules", "events", "half a server owes nothing", Desk, "release", ("self._settle()", "pass")),
    ("rules", "alerts", "alerts by the day of their end", Alert, "end", ("(self.issue_day,", "(world.day,")),
    ("rules", "waits", "waits from issue", Track, "service", ("now - self.waiting.since", "now - alert.issued")),
    ("rules", "state", "d' of another day", Filters, "note", ('channel}", d_prime)', 'channel}", d_prime + 0.01)')),
    ("gangs", "events", "nothing is tried again", routes.Routes, "sent", ("(1.0 - again * caught)", "1.0")),
    ("gangs", "events", "nobody is missed", Arrests, "thinning", ("found / ONE", "0.0")),
    ("gangs", "events", "all types yield alike", effort, "_answer", ("power(relative[c, t] / best, shift)", "1.0")),
    ("gangs", "events", "awareness does not count", engagement, "mean_shares", ("share * number", "1.0 * number")),
    ("gangs", "flows", "no account for a case", Accounts, "at_midnight", ("cases * self", "0 * self")),
    ("tracks", "events", "nobody is left in peace", Alert, "note_reached", (PEACE, "if False:")),
    ("tracks", "events", "servers are lent first", Lending, "__init__", (LENT, "(number - 1) << 30")),
    ("visits", "events", "the stake at the contact", track, "place_of", ("stage_of(alert.identity)", "0")),
    ("tracks", "events", "a lift is known at once", alerts, "weigh", ("lifted = min(lifted, delay)", "pass")),
    ("rules", "events", "nobody was warned", Episode, "end", ("self.warned is not None", "False")),
    ("delays", "events", "who cancels pays", Episode, "course", ("if cancels:", "if False:")),
    ("visits", "events", "calls reach families", track, "is_dissuaded", ("channel == ContactChannel.VISIT and", "")),
]  # fmt: skip
"""A setting of ``FEATURES``, the table that the report begins with, and the rule that is broken there."""


def broken(owner: Any, name: str, change: Change) -> Callable[..., Any]:
    """Return a function of a class or module with one text replaced by another; what is compiled runs as Python."""
    function = getattr(owner, name)
    function = getattr(function, "py_func", function)
    source = textwrap.dedent(inspect.getsource(function))
    source = source[source.index("def ") :]
    assert source.count(change[0]) == 1, f"{change[0]!r} stands {source.count(change[0])} times in {name}"
    made: dict[str, Any] = {}
    exec(compile(source.replace(*change), f"<{name}>", "exec"), function.__globals__, made)
    return made[name]  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], sim.Run]:
    """Return what runs a setting by the vector engine, once; tests ask for it before they break anything."""
    folder = tmp_path_factory.mktemp("unbroken")
    return cache(lambda name: sim.run(scenario(name, "vector"), folder / name, events="all"))


def scenario(name: str, engine: str) -> sim.Scenario:
    return sim.load_scenario("tiny", engine=engine, **FEATURES[name])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "table", "rule", "owner", "function", "change"), BROKEN, ids=[row[2] for row in BROKEN]
)
def test_a_broken_rule_is_reported(
    name: str, table: str, rule: str, owner: Any, function: str, change: Change,
    unbroken: Callable[[str], sim.Run], tmp_path: Any, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    unbroken(name)
    monkeypatch.setattr(owner, function, broken(owner, function, change))
    report = differences(sim.run(scenario(name, "reference"), tmp_path / "run", events="all"), unbroken(name))
    assert report
    assert report[0].startswith(f"{table}: "), report[0]
    # An origin of the first event that only one engine has is told with what happened to it in both.
    assert table != "events" or ("in reference, " in report[0] and "in vector, " in report[0])
