"""Staffing: what is found keeps the promise and one less does not, by direct runs and by theory, whoever simulates."""

import json
import math
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import sim
from sim.base.days import DAY_MS, HALF_HOUR_MS
from sim.base.failures import LOG
from sim.base.words import Tier
from sim.experiments.staffing import FACTORS, Staffing, staffing_over
from sim.experiments.store import OUTCOMES
from sim.experiments.trials import bisect, comes_to, one_less, settle, with_staff
from sim.scenario import changed
from sim.scenario.schema.warning import ProvinceDesk
from sim.store.folder import FolderError
from sim.verify.desks import reneging
from tests.experiments.test_command import Tocsin, tocsin

__all__ = ["tocsin"]

SHORT = {"period": "{start: 2022-01-24, end: 2022-01-27, warmup: 1 d}", "scale": "0.5"}
ASKED: dict[str, Any] = {"within": "4 h", "share": 0.9, "relative": True}
FEW = (0.8, 1.2)
PROVINCES = (11, 44, 65)


@pytest.fixture(scope="module")
def tiny() -> sim.Scenario:
    return sim.load_scenario("tiny", SHORT)


@pytest.fixture(scope="module")
def found(tiny: sim.Scenario, tmp_path_factory: pytest.TempPathFactory) -> Staffing:
    """Nine tenths of what can be reached within four hours, found by a pool of one process."""
    return sim.staffing(tiny, **ASKED, curve=FEW, folder=tmp_path_factory.mktemp("found") / "made", workers=1)


def counted(run: sim.Run, tier: str = "red", last_days: int = 1) -> dict[int, tuple[int, int]]:
    """Return (reached, all that were or could have been) by province, without alerts of the last days."""
    alerts = run.alerts[run.alerts["tier"] == tier]
    end = pd.Timestamp(run.scenario.spec.period.end)
    alerts = alerts[alerts["day"] <= end - pd.Timedelta(days=last_days)]
    ends = alerts.groupby(["province", "end"])["count"].sum()
    return {
        code: (
            int(ends.get((code, "reached"), 0)),
            sum(int(ends.get((code, end), 0)) for end in ("reached", "unread", "unanswered", "expired")),
        )
        for code in PROVINCES
    }


def direct(place: Path, staff: Mapping[int, int], **settings: Any) -> sim.Run:
    """Run the promise by hand, with so much staff for visits in each province."""
    own = {str(code): number for code, number in staff.items()}
    values = {"warning.tiers.red.deadline": "4 h", "desks.visit.by_province": json.dumps(own), **settings}
    return sim.run(sim.load_scenario("tiny", {**SHORT, **values}), place, workers=1)


def test_what_is_found_keeps_the_promise_and_one_less_in_a_province_breaks_it(found: Staffing, tmp_path: Path):
    rows = found.frame.set_index("province")
    assert list(rows.index) == list(PROVINCES)
    assert set(rows["status"]) == {"kept"}
    staff = {code: int(rows.loc[code, "staff"]) for code in PROVINCES}
    with_it = direct(tmp_path / "with", staff)
    # So many that no line forms: on duty are more than alerts are issued in all of the run.
    ceiling = counted(direct(tmp_path / "ceiling", dict.fromkeys(PROVINCES, 20_000)))
    for code, (reached, ended) in counted(with_it).items():
        most = Fraction(*ceiling[code])
        assert rows.loc[code, "ceiling"] == float(most)
        assert rows.loc[code, "target"] == pytest.approx(0.9 * float(most))
        assert Fraction(reached, ended) >= Fraction(9, 10) * most
        assert rows.loc[code, "share"] == reached / ended
        assert rows.loc[code, "alerts"] == ended
        # A seat is two members of staff at half the scale.
        reached, ended = counted(direct(tmp_path / f"less-{code}", {**staff, code: staff[code] - 2}))[code]
        assert Fraction(reached, ended) < Fraction(9, 10) * most
        assert rows.loc[code, "one_less"] < rows.loc[code, "target"] <= rows.loc[code, "share"]
    own = found.scenario.spec
    assert own.desks.visit.by_province == {str(code): float(number) for code, number in staff.items()}
    assert own.warning.tiers.red.deadline == 4 * 3_600_000
    again = sim.run(found.scenario, tmp_path / "again", workers=1)
    pd.testing.assert_frame_equal(again.alerts, with_it.alerts)
    # The table says of the desks what the run's own does.
    hours = with_it.hours[with_it.hours["channel"] == "visit"].groupby("province")[["busy_ms", "staffed_ms"]].sum()
    for code in PROVINCES:
        assert rows.loc[code, "utilisation"] == hours.loc[code, "busy_ms"] / hours.loc[code, "staffed_ms"]
        assert rows.loc[code, "staff_hours"] == hours.loc[code, "staffed_ms"] / 3_600_000 / 0.5
        red = with_it.alerts.query("tier == 'red' and province == @code and day <= '2022-01-26'")["count"].sum()
        assert rows.loc[code, "alerts_per_day"] == pytest.approx(red / 3 / 0.5)


def test_the_cost_curve_is_of_paired_runs(tiny: sim.Scenario, found: Staffing, tmp_path: Path):
    curve = found.curve
    assert curve["factor"].isna().tolist() == [True, False, False]
    assert list(curve["factor"][1:]) == list(FEW)
    assert curve["staff"][0] == 26
    staff = {row.province: math.floor(row.staff / 2 * 1.2 + 0.5) * 2 for row in found.frame.itertuples()}
    run, base = direct(tmp_path / "more", staff), sim.run(found.scenario, tmp_path / "base", workers=1)
    row = curve.iloc[2]
    assert row["staff"] == sum(staff.values())
    assert row["victims"] == run.totals["victims"]
    changes = (curve["victims"] - base.totals["victims"]).tolist()
    assert curve["victims_change"].tolist() == changes
    assert changes[1] > 0
    assert row["prevented_money_change"] == pytest.approx(
        run.totals["prevented_money"] - base.totals["prevented_money"]
    )
    counts = counted(run).values()
    assert row["share"] == sum(reached for reached, _ in counts) / sum(ended for _, ended in counts)
    assert curve["kept"][1] < curve["kept"][2] == 3
    assert curve["staff_hours"][1] < curve["staff_hours"][2]
    assert curve["prevented_money"][1] < curve["prevented_money"][2]


def test_a_promise_that_no_staff_keeps_is_impossible_and_shows_its_ceiling(tiny: sim.Scenario, tmp_path: Path):
    done = sim.staffing(tiny, within="4 h", share=0.97, curve=(1.0,), folder=tmp_path / "at", workers=1)
    assert set(done.frame["status"]) == {"impossible"}
    assert done.frame["staff"].isna().all()
    assert done.frame["ceiling"].lt(0.97).all()
    assert done.frame["ceiling"].gt(done.frame["as_it_is"]).all()
    assert done.scenario.spec.desks.visit.by_province == {}
    assert done.curve["prevented_money_change"].eq(0).all()


@pytest.mark.slow
def test_staff_that_grows_is_found_before_its_growth(tiny: sim.Scenario, tmp_path: Path):
    """Nobody but the growth says how many are on duty: the promise is kept with it, and it stays in the scenario."""
    steps = {"steps": [{"from": "2022-01-25", "factor": 0.5}, {"from": "2022-01-26", "factor": 3.0}]}
    own = {"11": {"staff": 8, "growth": {"steps": [{"from": "2022-01-20", "factor": 20.0}]}}}
    values = {"desks.visit.growth": json.dumps(steps), "desks.visit.by_province": json.dumps(own)}
    growing = sim.load_scenario("tiny", {**SHORT, **values})
    done = sim.staffing(growing, **ASKED, curve=(1.0,), folder=tmp_path / "made", workers=1)
    desk = done.scenario.spec.desks.visit
    staff = {int(row.province): int(row.staff) for row in done.frame.itertuples()}
    assert set(done.frame["status"]) == {"kept"}
    assert desk.growth == growing.spec.desks.visit.growth
    (before,) = growing.spec.desks.visit.by_province.values()
    beijing = desk.by_province["11"]
    assert isinstance(before, ProvinceDesk)
    assert isinstance(beijing, ProvinceDesk)
    assert beijing.growth == before.growth
    assert (beijing.staff, desk.by_province["44"]) == (staff[11], staff[44])
    assert done.frame["current"][0] == 8
    # Twenty times as many are there as are told: a seat is enough for them.
    assert staff[11] == 2
    again = counted(sim.run(done.scenario, tmp_path / "again", workers=1))
    for row in done.frame.itertuples():
        reached, ended = again[row.province]
        assert row.share == reached / ended >= row.target
        less = with_staff(done.scenario, "visit", {row.province: staff[row.province] - 2})
        reached, ended = counted(sim.run(less, tmp_path / f"less-{row.province}", workers=1))[row.province]
        assert row.one_less == reached / ended < row.target


BRIEF = {"period": "{start: 2022-01-24, end: 2022-01-25, warmup: 0 d}", "scale": "0.5"}
FIRST = "{first: [call, visit], deadline: 8 h, tries: {call: 2, visit: 2}}"


@pytest.mark.slow
@pytest.mark.parametrize(
    "values",
    [{"warning.tiers.red": FIRST}, {"population.pool": "country", "desks.visit.discipline": "last_issued"}],
    ids=["list", "pool"],
)
def test_a_flat_staff_is_found_under_other_rules_of_the_desks(values: dict[str, str], tmp_path: Path):
    """What is found keeps the promise in a run of its own; one less in a province does not."""
    asked = {"within": "2 h", "share": 0.9, "relative": True, "curve": (1.3,)}
    done = sim.staffing(sim.load_scenario("tiny", {**BRIEF, **values}), **asked, folder=tmp_path / "at", workers=1)
    staff = {int(row.province): int(row.staff) for row in done.frame.itertuples()}
    assert set(done.frame["status"]) == {"kept"}
    own = ended_of(sim.run(done.scenario, tmp_path / "own", workers=1))
    for row in done.frame.itertuples():
        reached, ended = own[row.province]
        assert row.share == reached / ended >= row.target
        if not staff[row.province]:
            continue
        less = with_staff(done.scenario, "visit", {row.province: staff[row.province] - 2})
        reached, ended = ended_of(sim.run(less, tmp_path / f"less-{row.province}", workers=1))[row.province]
        # A trial of one less in all provinces at once; provinces hardly meet within two days.
        assert row.one_less == reached / ended
        assert row.one_less < row.target or row.status == "unsettled"
    turning = [line for line in done.warnings if "more staff did not always reach more" in line]
    assert len(turning) == (not done.frame["monotone"].all())


def ended_of(run: sim.Run) -> dict[int, tuple[int, int]]:
    """Return (reached, all that were or could have been) of red alerts, the last day left out, of all there are."""
    codes = [row.code for row in run.scenario.spec.population.provinces]
    alerts = run.alerts[
        (run.alerts["tier"] == "red") & (run.alerts["day"] < pd.Timestamp(run.scenario.spec.period.end))
    ]
    found = {}
    for code in codes:
        ends = alerts[alerts["province"] == code].groupby("end")["count"].sum()
        counts = [int(ends.get(end, 0)) for end in ("reached", "unread", "unanswered", "expired")]
        found[code] = counts[0], sum(counts)
    return found


QUEUE: dict[str, str] = {
    "period": "{start: 2022-01-24, end: 2022-03-06, warmup: 2 d}",
    "clock": "1 s",
    "population.legitimate.half_hours": str([1.0] * 48),
    "measures.warning-local": "null",
    "measures.outage-of-the-centre": "null",
    "warning.tiers.red.tries": "{call: 1, visit: 1}",
    "warning.tiers.orange.escalate": "{unread: none, unanswered: none}",
    "desks.visit.met": "1.0",
    "desks.visit.visit": "{exponential: {mean: 30 min}}",
    "desks.visit.shifts": '[{weekdays: [1, 2, 3, 4, 5, 6, 7], start: "00:00", end: "24:00", share: 1.0}]',
    **{f"fraud.volumes.{channel}.level": "0 per day" for channel in ("call", "sms", "online")},
}
"""Red alerts come evenly, and nothing else to the visits, which take an exponential time and always reach: M/M/c."""


def test_the_staff_of_a_plain_queue_is_that_of_the_closed_form(tmp_path: Path):
    scenario = sim.load_scenario("tiny", QUEUE)
    done = sim.staffing(scenario, within="30 min", share=0.95, curve=(1.0,), folder=tmp_path / "at", workers=1)
    needed = []
    for row in done.frame.itertuples():
        lost = {
            servers: reneging(
                servers, row.alerts_per_day / DAY_MS, HALF_HOUR_MS, lambda wait: wait < 1.0 * HALF_HOUR_MS, HALF_HOUR_MS
            )[1]
            for servers in range(1, 12)
        }
        needed.append(next(servers for servers, share in lost.items() if share <= 0.05))
        assert row.status == "kept"
        assert row.ceiling == 1.0
        # Some thousand alerts: a standard error of half a per cent, more in short lines that hang together.
        assert row.share == pytest.approx(1.0 - lost[row.staff], abs=0.015)
        assert row.one_less == pytest.approx(1.0 - lost[row.staff - 1], abs=0.03)
    assert list(done.frame["staff"]) == needed


def test_bisection_finds_where_enough_begins_in_few_trials():
    needs = {1: 0, 2: 1, 3: 17, 4: 999_999, 5: 1_000_000}
    tried: list[dict[int, int]] = []

    def trial(numbers: dict[int, int]) -> dict[int, bool]:
        tried.append(numbers)
        return {key: number >= needs[key] for key, number in numbers.items()}

    assert bisect(trial, dict.fromkeys(needs, 20), dict.fromkeys(needs, 1_000_000)) == needs
    assert len(tried) < 26
    few: list[dict[int, int]] = []
    assert bisect(lambda numbers: few.append(numbers) or {3: numbers[3] >= 17}, {3: 16}, {3: 10**6}) == {3: 17}  # type: ignore[func-returns-value]
    assert len(few) < 12


def test_what_holds_alone_and_not_together_is_raised_and_what_is_too_much_lowered():
    # The second needs one more than it seemed once the first has less than five; the third was found too high.
    def trial(numbers: dict[int, int]) -> dict[int, bool]:
        return {1: numbers[1] >= 4, 2: numbers[2] >= 7 + (numbers[1] < 5), 3: numbers[3] >= 2}

    settled = settle(trial, {1: 4, 2: 7, 3: 4})
    assert (settled.numbers, settled.unsettled) == ({1: 4, 2: 8, 3: 2}, frozenset())
    assert all(trial(settled.numbers).values())
    assert not any(trial(one_less(settled.numbers)).values())
    # What is never enough is given up, and said so; the others stay as they are.
    settled = settle(lambda numbers: {1: False, 2: True}, {1: 3, 2: 0}, rounds=5)
    assert settled.unsettled == {1}
    assert settled.numbers[2] == 0


@pytest.mark.slow
def test_neither_executors_nor_interruptions_change_a_byte(tiny: sim.Scenario, found: Staffing, tmp_path: Path):
    class CutError(Exception):
        pass

    steps = 0

    def cut(done: int, total: int) -> None:
        nonlocal steps
        steps += done == total
        if steps == 5:
            raise CutError

    place = tmp_path / "at"
    with pytest.raises(CutError), ThreadPoolExecutor(2) as threads:
        sim.staffing(tiny, **ASKED, curve=FEW, folder=place, executor=threads, progress=cut)
    assert len(list((place / OUTCOMES).iterdir())) >= 4
    assert not (place / "staff.parquet").exists()
    with ThreadPoolExecutor(2) as threads:
        done = sim.staffing(tiny, **ASKED, curve=FEW, folder=place, executor=threads)
    files = sorted(path.name for path in found.folder.iterdir() if path.name != LOG)
    assert files == ["curve.parquet", "scenario.yaml", "staff.parquet", "staffed.yaml", "staffing.json"]
    for name in files:
        assert (done.folder / name).read_bytes() == (found.folder / name).read_bytes(), name
    # What is done is read, and not asked for again.
    threads = ThreadPoolExecutor(1)
    threads.shutdown()
    sim.staffing(tiny, **ASKED, curve=FEW, folder=place, executor=threads)
    with pytest.raises(FolderError, match="holds another staffing"):
        sim.staffing(tiny, **ASKED, curve=(1.0,), folder=place)


@pytest.mark.slow
def test_provinces_without_alerts_keep_their_staff_and_seeds_count_together(tmp_path: Path):
    silent = {
        "measures.warning-central": SILENT,
        "measures.warning-local": "null",
        "desks.visit.by_province": "{65: 3}",
    }
    scenario = sim.load_scenario("tiny", {**SHORT, **silent})
    done = sim.staffing(scenario, "call", "orange", 0.5, curve=(1.0,), replicates=2, folder=tmp_path / "at", workers=1)
    assert list(done.frame["status"]) == ["kept", "no alerts", "no alerts"]
    assert done.scenario.spec.desks.call.by_province.keys() == {"11"}
    assert done.scenario.spec.desks.visit.by_province == {"65": 3.0}
    values = {**SHORT, **silent, "desks.call.by_province": json.dumps({"11": int(done.frame["staff"][0])})}
    runs = [sim.run(sim.load_scenario("tiny", values, seed=seed), tmp_path / str(seed), workers=1) for seed in (7, 8)]
    reached, ended = (sum(counted(run, "orange")[11][part] for run in runs) for part in (0, 1))
    assert done.frame["share"][0] == reached / ended
    assert done.frame["alerts"][0] == ended


SILENT = "{kind: warning, window: [2020-10-01, null], detector: central, coverage: 0.9, ramp: null, provinces: [11]}"


def test_which_tiers_come_to_which_desk(tiny: sim.Scenario):
    reach = {desk: [tier for tier in Tier.labels() if comes_to(tiny.spec, tier, desk)] for desk in ("call", "visit")}
    assert reach == {"call": ["orange", "yellow"], "visit": ["red", "orange"]}
    old = {
        "warning.tiers.blue.by_age": [{"ages": [60, None], "first": "call"}],
        "warning.tiers.blue.again.after": "3 h",
    }
    spec = sim.load_scenario("tiny", **old).spec
    assert comes_to(spec, "blue", "call")
    assert comes_to(spec, "blue", "visit")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--tier", "blue"],
            "tocsin staffing: blue alerts never come to the visit desk; use a tier that does (red, orange)",
        ),
        (["--share", "95"], "tocsin staffing: share must be above 0 and at most 1 (for example 0.95); got 95"),
        (["--within", "14 d"], "tocsin staffing: the period ends before any red alert meets its deadline; "),
    ],
)
def test_what_cannot_be_promised_is_one_line_and_writes_nothing(
    tocsin: Tocsin, tmp_path: Path, arguments: list[str], message: str
):
    code, out, err = tocsin("staffing", "tiny", *arguments)
    assert (code, out) == (2, "")
    assert err.startswith(message), err
    assert err.count("\n") == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_the_command_prints_what_the_function_gives(tocsin: Tocsin, tmp_path: Path):
    given = ["staffing", "tiny", "--within", "4 h", "--share", "0.4", "--workers", "1", "--scale", "0.3"]
    given += ["--set", "period={start: 2022-01-24, end: 2022-01-25, warmup: 0 d}"]
    code, out, err = tocsin(*given)
    assert code == 0
    (folder,) = (tmp_path / "results" / "staffings").iterdir()
    lines = [line for line in out.splitlines() if not line.startswith("warning: ")]
    assert lines[0].split()[:4] == ["province", "staff", "now", "target"]
    assert [line.split()[0] for line in lines[1:4]] == ["Beijing", "Guangdong", "Xinjiang"]
    where = folder.relative_to(tmp_path)
    assert f"{where}/staffed.yaml: the scenario with this staff, to run and compare" in lines
    answer = " ".join(" ".join(lines[lines.index("Answer   no intervals: run-to-run noise unknown") :]).split())
    staff, now = (sum(float(line.split()[at]) for line in lines[1:4]) for at in (1, 2))
    promise = "The promise, 40% of red alerts reached within 4 h"
    assert f"{promise}, needs {staff:.0f} people instead of {now:.0f} now (staff of the visit desks)." in answer
    assert f"Next tocsin compare tiny {where}/staffed.yaml; --full" in answer
    assert err == ""
    assert out.startswith("warning: At scale 0.3, ")
    code, out, _ = tocsin(*given, "--json")
    document = json.loads(out)
    frame = Staffing(folder).frame
    assert [row["staff"] for row in document["provinces"]] == list(frame["staff"])
    assert [row["factor"] for row in document["curve"]] == [None, *FACTORS]
    # The scenario that it leaves can be compared with the one that it began with.
    code, out, err = tocsin("compare", str(folder / "scenario.yaml"), str(folder / "staffed.yaml"), "--json")
    assert code == 0, err
    assert json.loads(out)["others"] == ["tiny-staffed"]


@pytest.mark.slow
def test_over_draws_staff_is_that_of_each_of_them(tiny: sim.Scenario, found: Staffing, tmp_path: Path):
    draws = [changed(tiny, {"fraud.volumes.call.level": f"{number} per day"}) for number in (700, 2800)]
    searched = sim.staffing(tiny, **ASKED, curve=(), folder=tmp_path / "own", workers=1)
    rows = staffing_over(draws, searched, "visit", "red", 0.9, "4 h", True, (), workers=1).set_index("name")
    alone = [
        sim.staffing(one, **ASKED, curve=(), folder=tmp_path / f"{number}", workers=1).frame.set_index("name")["staff"]
        for number, one in enumerate(draws)
    ]
    assert list(rows.index) == list(found.frame["name"])
    for name, row in rows.iterrows():
        numbers = sorted(float(one[name]) for one in alone if not pd.isna(one[name]))
        assert row["kept"] == len(numbers)
        if numbers:
            low, high = numbers[0], numbers[-1]
            assert row["low"] == pytest.approx(low + 0.05 * (high - low))
            assert row["middle"] == pytest.approx((low + high) / 2.0)
            assert row["high"] == pytest.approx(low + 0.95 * (high - low))
    assert rows["high"].sum() > rows["low"].sum()
