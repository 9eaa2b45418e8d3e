"""Staff by half hour: what is found keeps the promise in its own run, costs what is told, whoever simulates."""

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import sim
from sim.base.days import HALF_HOUR_MS, day_number
from sim.country.provinces import Provinces
from sim.country.schedule import FEW_SERVERS, Schedule
from sim.experiments.promise import PromiseError, Terms, promised, urgent_only
from sim.experiments.staffing import TRIMS, Staffing
from sim.scenario.schema.desks import ProvinceDesk
from tests.experiments.test_command import Tocsin, tocsin
from tests.experiments.test_staffing import PROVINCES, counted

__all__ = ["tocsin"]

MINI = {"period": "{start: 2022-01-24, end: 2022-01-26, warmup: 0 d}", "scale": "0.5"}
ASKED: dict[str, Any] = {"within": "2 h", "share": 0.9, "relative": True, "curve": (), "trims": 8}


@pytest.fixture(scope="module")
def mini() -> sim.Scenario:
    return sim.load_scenario("tiny", MINI)


@pytest.fixture(scope="module")
def found(mini: sim.Scenario, tmp_path_factory: pytest.TempPathFactory) -> Staffing:
    return sim.staffing(mini, **ASKED, folder=tmp_path_factory.mktemp("found") / "made", workers=1)


@pytest.fixture(scope="module")
def run(found: Staffing, tmp_path_factory: pytest.TempPathFactory) -> sim.Run:
    return sim.run(found.scenario, tmp_path_factory.mktemp("run") / "staffed", workers=1)


def paid(run: sim.Run, code: int) -> tuple[int, int]:
    """Return the time on duty and overtime of visits."""
    hours = run.hours[(run.hours["channel"] == "visit") & (run.hours["province"] == code)]
    table = hours.groupby(["weekday", "half_hour"])[["busy_ms", "staffed_ms"]].sum()
    return int(table["staffed_ms"].sum()), int((table["busy_ms"] - table["staffed_ms"]).clip(lower=0).sum())


@pytest.mark.slow
def test_the_rosters_keep_the_promise_in_a_run_of_their_own_and_cost_less(
    found: Staffing, run: sim.Run, tmp_path: Path
):
    assert found.by_half_hour
    assert found.scenario.spec.warning.tiers.red.deadline == 2 * 3_600_000
    rows = found.savings.set_index("province")
    flat = sim.run(sim.load_scenario(str(found.folder / "flat.yaml")), tmp_path / "flat", workers=1)
    own = counted(run)
    for code in PROVINCES:
        row = rows.loc[code]
        reached, ended = own[code]
        assert row["status"] == "kept"
        assert row["share"] == reached / ended >= row["target"]
        assert row["share_flat"] == found.frame.set_index("province").loc[code, "share"] >= row["target"]
        hours = {}
        few = found.frame.set_index("province").loc[code, "staff"] * 0.5 < FEW_SERVERS
        for name, one in (("", run), ("_flat", flat)):
            duty, over = (Fraction(time, 3_600_000 * 3) * 2 for time in paid(one, code))
            hours[name] = duty + over
            assert row[f"hours_a_day{name}"] == pytest.approx(float(duty))
            assert row[f"overtime_a_day{name}"] == pytest.approx(float(over))
            # Of so few thinned seats half of one is more than a tenth, and no wages are told.
            wages = row[f"wages_a_day{name}"]
            assert pd.isna(wages) if few else wages == pytest.approx(float(hours[name] * 100))
        assert 0 < row["saved"] == pytest.approx(float(1 - hours[""] / hours["_flat"]))


@pytest.mark.slow
def test_the_table_of_half_hours_is_what_is_on_duty(found: Staffing, run: sim.Run):
    table = found.half_hours
    assert list(table["weekdays"].unique()) == ["1,2,3,4,5", "6,7"]
    schedule = Schedule(run.scenario.spec, Provinces.of(run.scenario.spec))
    monday = np.rint(schedule.staffed(day_number(run.scenario.spec.period.start)) / HALF_HOUR_MS)
    for place, code in enumerate(PROVINCES):
        rows = table[(table["province"] == code) & (table["weekdays"] == "1,2,3,4,5")]
        assert list(rows["start"])[::16] == ["00:00", "08:00", "16:00"]
        assert (rows["staff"] / 2).tolist() == monday[place, 1].tolist()
        number = int(found.frame.set_index("province").loc[code, "staff"])
        # Open from 07:30 to 23:30, as the scenario's shifts say, and not for longer.
        assert rows["flat"].tolist() == [0] * 15 + [number] * 32 + [0]
        assert rows["staff"].tolist()[:15] == [0] * 15
        assert rows["staff"].nunique() > 2
        # The period has no weekend, so nothing is known of it: it keeps the flat staff's share.
        weekend = table[(table["province"] == code) & (table["weekdays"] == "6,7")]
        assert weekend["staff"].tolist() == weekend["flat"].tolist()
        assert weekend["staff"].max() > 0


@pytest.mark.slow
def test_the_load_is_that_of_urgent_alerts_that_never_wait(found: Staffing, mini: sim.Scenario, tmp_path: Path):
    policy, promise = promised(mini, Terms("visit", "red", 0.9, "2 h", True))
    assert promise.tiers == ("red", "orange")
    values = {f"desks.visit.by_province.{code}": "200000" for code in PROVINCES}
    ample = sim.load_scenario("tiny", {**MINI, "warning.tiers.red.deadline": "2 h", **values})
    run = sim.run(urgent_only(ample, promise), tmp_path / "load", workers=1)
    assert set(run.contacts.query("channel == 'visit'")["tier"]) == {"red"}
    hours = run.hours[(run.hours["channel"] == "visit") & (run.hours["province"] == 44)]
    busy = hours.groupby("half_hour")["busy_ms"].sum()
    rows = found.half_hours.query("province == 44 and weekdays == '1,2,3,4,5'")["load"]
    assert rows.tolist() == pytest.approx([2 * busy.get(number, 0) / (1_800_000 * 3) for number in range(48)])
    assert policy.spec.warning.tiers.orange.first == ["call"]


@pytest.mark.slow
def test_other_seeds_tell_how_much_the_rosters_fit_their_own(found: Staffing, tmp_path: Path):
    again = sim.run(sim.load_scenario(str(found.folder / "staffed.yaml"), seed=8), tmp_path / "next", workers=1)
    rows = found.savings.set_index("province")
    for code, (reached, ended) in counted(again).items():
        assert rows.loc[code, "share_next"] == reached / ended
    short = rows[rows["share_next"] < rows["target_next"]]
    told = [
        line for line in found.warnings if line.startswith("with the next seeds, half-hour rosters miss the promise")
    ]
    assert len(told) == bool(len(short))
    if told:
        assert f"in {len(short)} of 3 provinces" in told[0]


@pytest.mark.slow
def test_growth_stays_and_a_pool_is_staffed_as_a_province(tmp_path: Path):
    steps = {"steps": [{"from": "2022-01-24", "factor": 0.5}, {"from": "2022-01-25", "factor": 1.0}]}
    values = {**MINI, "population.pool": "country", "desks.visit.growth": json.dumps(steps)}
    values |= {"desks.visit.discipline": "last_issued", "desks.call.lends": "on"}
    growing = sim.load_scenario("tiny", values)
    asked = {**ASKED, "trims": 2}
    done = sim.staffing(growing, **asked, folder=tmp_path / "at", workers=1)
    (row,) = done.savings.itertuples()
    assert (row.status, row.province) == ("kept", 11)
    assert done.scenario.spec.desks.visit.growth == growing.spec.desks.visit.growth
    own = done.scenario.spec.desks.visit.by_province["11"]
    assert isinstance(own, ProvinceDesk)
    assert own.growth is None
    assert own.shifts
    again = sim.run(done.scenario, tmp_path / "again", workers=1)
    alerts = again.alerts.query("tier == 'red' and day <= '2022-01-25'").groupby("end")["count"].sum()
    ended = sum(int(alerts.get(end, 0)) for end in ("reached", "unread", "unanswered", "expired"))
    assert row.share == alerts["reached"] / ended >= row.target


def test_where_no_staff_keeps_the_promise_none_is_made_by_half_hour(mini: sim.Scenario, tmp_path: Path):
    done = sim.staffing(mini, within="2 h", share=0.99, curve=(), trims=4, folder=tmp_path / "at", workers=1)
    assert set(done.savings["status"]) == {"impossible"}
    assert done.half_hours.empty
    assert done.scenario.spec.desks.visit.by_province == {}
    with pytest.raises(PromiseError, match="trims must be 0 or more; got -1"):
        sim.staffing(mini, trims=-1, folder=tmp_path / "no")
    assert not (tmp_path / "no").exists()


@pytest.mark.slow
def test_the_command_shows_staff_by_half_hour(tocsin: Tocsin, tmp_path: Path):
    given = ["staffing", "tiny", "--within", "2 h", "--share", "0.5", "--workers", "1", "--scale", "0.3"]
    given += ["--set", "period={start: 2022-01-24, end: 2022-01-25, warmup: 0 d}"]
    code, out, err = tocsin(*given, "--trims", "3")
    assert (code, out) == (2, "")
    assert err == "tocsin staffing: --trims: needs --by-half-hour\n"
    assert not list(tmp_path.iterdir())
    assert TRIMS > 0
    given += ["--by-half-hour", "--trims", "2", "--full"]
    code, out, _ = tocsin(*given)
    assert code == 0
    (folder,) = (tmp_path / "results" / "staffings").iterdir()
    done = Staffing(folder)
    lines = out.splitlines()
    start = lines.index("Staff on duty by half hour, weekdays 1,2,3,4,5:")
    names = lines[start + 1].removeprefix("starts at").split()
    rows = done.half_hours.query("weekdays == '1,2,3,4,5' and start == '12:00'").set_index("name")["staff"]
    (noon,) = (line.split() for line in lines[start + 2 : start + 50] if line.startswith("12:00"))
    assert [int(cell) for cell in noon[1:]] == [rows[name] for name in names]
    code, out, _ = tocsin(*given, "--json")
    document = json.loads(out)
    assert [row["hours_a_day"] for row in document["savings"]] == list(done.savings["hours_a_day"])
    assert len(document["half_hours"]) == 3 * 2 * 48
    code, out, err = tocsin("compare", str(folder / "flat.yaml"), str(folder / "staffed.yaml"), "--json")
    assert code == 0, err
    assert json.loads(out)["others"] == ["tiny-staffed"]
    assert pd.read_parquet(folder / "half_hours.parquet").equals(pd.DataFrame(document["half_hours"]))
