"""Reports of victims: those whom a warning reached report with a probability of their own."""

from pathlib import Path
from typing import Any

import sim
from sim.aftermath import report_delay, report_tables
from sim.base.words import OriginKind
from sim.draws.identity import origin_id
from sim.reading.quantities import reporting_rates
from tests.chi_square import LIKELY, share_fit
from tests.engines.small import WEEK, run_tiny
from tests.equality.scenarios import TRACKS

ATTEMPTS = [origin_id(int(OriginKind.ATTEMPT), 8000, 3, 1, 0, index) for index in range(4000)]
REPORT = "aftermath.report"
WARNED_ALONE: dict[str, Any] = {
    **TRACKS,
    "period": WEEK,
    f"{REPORT}.probability": 0.0,
    f"{REPORT}.after_warning": 1.0,
    f"{REPORT}.delay": "20 min",
    "warning.dissuasion.stop": {"app": 0.1, "sms": 0.1, "call": 0.1, "visit": 0.1},
}


def test_warned_victims_report_with_their_own_probability_and_with_the_same_delay() -> None:
    values = {f"{REPORT}.probability": 0.3, f"{REPORT}.after_warning": 0.8}
    tables = report_tables(sim.load_scenario("tiny", **values).spec)
    found = {warned: [report_delay(5, one, warned, tables, 1) for one in ATTEMPTS] for warned in (False, True)}
    for warned, share in ((False, 0.3), (True, 0.8)):
        assert share_fit(sum(delay >= 0 for delay in found[warned]), len(ATTEMPTS), share) > LIKELY
    assert all(other in (-1, delay) for other, delay in zip(found[False], found[True], strict=True))
    alike = report_tables(sim.load_scenario("tiny", **{f"{REPORT}.probability": 0.3}).spec)
    assert [report_delay(5, one, True, alike, 1) for one in ATTEMPTS] == found[False]


def test_only_those_report_whom_a_warning_reached_before_the_end(tmp_path: Path) -> None:
    events = run_tiny(tmp_path / "run", **WARNED_ALONE).events
    reports = events[events["event"] == "report"]
    paid = set(events.loc[events["event"] == "payment", "origin"])
    reached = events[(events["event"] == "read") | events["result"].isin(["answered", "met"])]
    first = reached.groupby("origin")["moment"].min()
    assert 5 < len(reports) < len(paid), "some victims were not warned"
    assert (first.reindex(reports["origin"]).to_numpy() < reports["moment"].to_numpy()).all()


def test_filings_are_not_victims_times_one_rate_where_warned_victims_have_their_own() -> None:
    given = {"value": 0.3, "origin": "assumed", "range": [0.1, 0.5], "basis": "made up"}
    assert reporting_rates(sim.load_scenario("tiny", **{f"{REPORT}.probability": given})) == (0.1, 0.3, 0.5)
    both = {f"{REPORT}.probability": given, f"{REPORT}.after_warning": 0.8}
    assert reporting_rates(sim.load_scenario("tiny", **both)) == ()
