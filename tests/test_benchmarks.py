"""The benchmarks at a size of seconds, so that they cannot rot; what they measure means nothing here."""

import json
import math
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

import sim
from benchmarks import answers, commands, growth, two_seeds, worth
from benchmarks.commands import ROOT, THIS, Version, version_before
from benchmarks.customers import ARRIVALS_PER_MS, SERVERS, SERVICE_MS, Customers
from benchmarks.measures import BENCHMARKS
from benchmarks.peers import by_reference, by_simpy, by_vector, waits_by_recursion
from benchmarks.rows import SMOKE, Benchmark, Figure, Figures, Row, Size
from benchmarks.table import WIDTH, Measured, gathered
from sim.calibration.calibrate import calibrate
from sim.reading.intervals import AMOUNTS, SUFFIX, StoredAnswers, policy_digests, tables_beside, write_answers
from sim.verify.desks import mean_wait

ABOUT = {"machine": "a machine", "date": "2026-11-30", "version": "0.2", "sources": "1a", "size": "quick", "load": 0.0}


def called(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Call the benchmarks as a user does."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "TOCSIN_"))}
    command = [sys.executable, "-m", "benchmarks", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def measured(arguments: list[str], file: Path) -> tuple[dict[str, Any], list[str]]:
    """Measure a table at a size of seconds; return its rows by key, and what was printed."""
    done = called("--smoke", *arguments, "--json", str(file))
    assert done.returncode == 0, done.stderr
    found = json.loads(file.read_text())["table"]
    lines = done.stdout.splitlines()
    assert lines[0].startswith(found["about"]["machine"])
    assert max(map(len, lines)) <= WIDTH
    return {row["key"]: row for row in found["rows"]}, lines


@pytest.mark.slow
def test_one_command_measures_everything(tmp_path: Path) -> None:
    chosen = [one for one in BENCHMARKS if one.name not in ("first", "compile")]  # which take minutes
    rows, lines = measured(["--only", *(one.name for one in chosen)], tmp_path / "table.json")
    keys = {row.key for one in chosen for row in one.rows}
    assert keys - set(rows) <= {"queue.ciw", "queue.cimba"}, "libraries that need not be here"
    assert all(min(rows[key]["measured"]) > 0 for key in keys & set(rows))
    assert {"country.wall.events", "pooled.midnights"} <= set(rows)
    assert any("pooled run, warm process" in line for line in lines)


@pytest.mark.slow
def test_the_version_before_is_measured_in_the_same_run(tmp_path: Path) -> None:
    rows, lines = measured(["--only", "limits", "start", "pooled", "--before", str(ROOT)], tmp_path / "table.json")
    assert rows["limit.sfc64"]["before"] == []
    assert all(len(rows[key]["before"]) == 1 for key in ("start", "pooled", "pooled.events"))
    assert lines[-1].endswith(": none."), "one round cannot tell"


@pytest.mark.slow
def test_growth_is_measured_in_every_series_that_its_tables_have(tmp_path: Path) -> None:
    done = called("--smoke", "--only", "growth", "--json", str(tmp_path / "table.json"))
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "table.json").read_text())["growth"]
    assert list(found["series"]) == list(growth.TITLES)
    amounts = {name: [row["amount"] for row in rows] for name, rows in found["series"].items()}
    assert all(one == sorted(one) and one[0] > 0 for one in amounts.values()), amounts
    assert all(f"| {name} |" in done.stdout for name in growth.TITLES)


def made(key: str, measured: list[float], before: list[float], ratio: float = 1.0) -> Measured:
    """A row of so many rounds."""
    return Measured(key, measured, [ratio] * len(measured), before)


def test_versions_are_measured_in_turn_and_the_first_changes() -> None:
    order = []

    def measure(version: Version, _: Size, turn: int) -> Figures:
        order.append((turn, version.name))
        if version.name == "before" and turn == 1:
            raise RuntimeError("it has no such command")
        return {"start": Figure(1.0 if version is THIS else 2.0, 7.0)}

    one = Benchmark("start", measure, (Row("start", "a start", "ms"),))
    rounds = one.measured([THIS, Version("before")], SMOKE)
    assert order == [(0, "this"), (0, "before")]
    order.clear()
    rounds = one.measured([THIS, Version("before")], replace(SMOKE, rounds=2))
    assert order == [(0, "this"), (0, "before"), (1, "before"), (1, "this")]
    (row,) = gathered(rounds)
    assert row == Measured("start", [1.0, 1.0], [7.0, 7.0], [2.0])


def test_a_cost_to_that_before_has_the_interval_of_its_pairs() -> None:
    old, new = [1.0, 2.0, 4.0], [1.1, 2.22, 4.4]
    ratio, half = made("start", new, old).to_before
    expected = stats.ttest_rel(np.log(new), np.log(old)).confidence_interval(0.95)
    assert ratio == pytest.approx(stats.gmean(new) / stats.gmean(old))
    assert half / ratio == pytest.approx((expected.high - expected.low) / 2)
    assert made("start", new, old).slower
    assert not made("start", old, new).slower
    assert not made("start", [1.03, 1.031], [1.0, 1.0]).slower, "noise"
    assert not made("start", [2.0], [1.0]).slower, "one round cannot tell"
    assert not made("start", [1.0, 2.0], [1.0, 1.0]).slower, "within its interval"
    assert made("queue.vector", [1.0, 1.01], [2.0, 2.0]).slower, "a rate that fell"
    assert math.isnan(made("start", [1.0], []).to_before[0])
    assert made("queue.vector", [50.0], [100.0]).cells()[3] == "2.00"


def test_the_sources_of_a_commit_are_those_that_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "ROOT", tmp_path)
    (tmp_path / "sim").mkdir()
    (tmp_path / "sim" / "__init__.py").touch()
    program = tmp_path / "sim" / "__main__.py"
    program.write_text("import sys; sys.exit(3)\n")
    own = ["-c", "user.name=test", "-c", "user.email=test"]
    for words in (["init", "-q"], ["add", "."], [*own, "commit", "-qm", "first"]):
        subprocess.run(["git", "-C", str(tmp_path), *words], check=True)
    program.write_text("import sys; sys.exit(4)\n")
    with version_before("HEAD") as before:
        assert before.tree not in (None, tmp_path)
        assert before.cache is not None, "machine code of a folder that goes is not kept"
        with pytest.raises(RuntimeError, match="exit 3"):
            before.spent("--help")
    assert not before.cache.parent.exists()
    with version_before(str(tmp_path)) as before, pytest.raises(RuntimeError, match="exit 4"):
        before.spent("--help")


def test_the_draw_agrees_with_erlang() -> None:
    waits = waits_by_recursion(Customers.drawn(200_000, 1917))
    means = [batch.mean() for batch in np.array_split(waits[len(waits) // 10 :], 20)]
    low, high = stats.t.interval(0.999, len(means) - 1, loc=np.mean(means), scale=stats.sem(means))
    assert low <= mean_wait(SERVERS, ARRIVALS_PER_MS, SERVICE_MS) <= high
    assert not low <= mean_wait(SERVERS + 1, ARRIVALS_PER_MS, SERVICE_MS) <= high


@pytest.mark.slow
def test_peers_serve_as_the_recursion_says() -> None:
    customers = Customers.drawn(500, 3)
    waits = waits_by_recursion(customers)
    assert waits.max() > 0
    for serve in (by_simpy, by_reference, by_vector):
        served = serve(customers)
        assert (served.count, served.mean_wait) == (500, pytest.approx(waits.mean(), rel=1e-12))
    slower = Customers(customers.arrivals, customers.services + np.int64(1000))
    assert by_simpy(slower).mean_wait > by_simpy(customers).mean_wait


def test_exponents_are_those_of_what_grows() -> None:
    amounts = [1.0, 2.0, 4.0, 8.0]
    assert growth.exponent(amounts, [3.0 + 0.5 * x for x in amounts]) == pytest.approx(1.0)
    assert growth.exponent(amounts, [3.0 + 0.5 * (x - 1.0) ** 2 for x in amounts]) == pytest.approx(2.0)
    assert growth.exponent(amounts, [3.0 + 0.5 * (x - 1.0) ** 0.5 for x in amounts]) == pytest.approx(0.5)
    assert math.isnan(growth.exponent(amounts, [3.0, 2.9, 3.1, 3.0]))
    assert math.isnan(growth.exponent(amounts[:2], [1.0, 2.0]))


def test_intervals_of_two_calibrations_are_told_apart_by_their_ends() -> None:
    steps = [1.0 + 0.01 * number for number in range(101)]
    own = dict.fromkeys(AMOUNTS, 100.0) | {"stopped": 40.0, "saved": 20.0}

    def answers(factor: float) -> StoredAnswers:
        drawn = {name: tuple(value * step**factor for step in steps) for name, value in own.items()}
        return StoredAnswers("it", len(steps), own, drawn)

    same = two_seeds.differences(answers(1.0), answers(1.0))
    assert set(same) == set(two_seeds.ANSWERS)
    assert {apart for _, apart in same.values()} == {0.0}
    ((low, high), (_, other_high)), apart = two_seeds.differences(answers(1.0), answers(1.5))["victims"]
    assert (low, high) == pytest.approx((105.0, 195.0))
    assert other_high == pytest.approx(100.0 * 1.95**1.5)
    assert apart == pytest.approx((other_high - high) / (high - low))


@pytest.mark.slow
def test_a_second_calibration_is_compared_with_the_stored_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "small.yaml"
    file.write_text((ROOT / "tests" / "calibration" / "small.yaml").read_text() + "  members: 20\n")
    calibrate(sim.load_scenario(str(file)), tmp_path / "first", file)
    given = ["two_seeds", "--scenario", str(file), "--out", str(tmp_path / "second"), "--seed", "5", "--members", "18"]
    monkeypatch.setattr("sys.argv", given)
    two_seeds.main()
    rows = capsys.readouterr().out.splitlines()
    assert [row.split(" | ")[0] for row in rows[-5:]] == [f"| {name}" for name in two_seeds.ANSWERS]
    answers = [folder / "small-answers.csv" for folder in (tmp_path, tmp_path / "second")]
    assert answers[0].read_bytes() != answers[1].read_bytes()


@pytest.mark.slow
def test_stored_answers_come_out_the_same_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file, table = tmp_path / "small.yaml", tmp_path / f"small{SUFFIX}"
    file.write_text((ROOT / "tests" / "calibration" / "small.yaml").read_text() + "  members: 12\n")
    calibrate(sim.load_scenario(str(file)), tmp_path / "first", file)
    monkeypatch.setattr("sys.argv", ["answers", "--scenario", str(file), "--out", str(tmp_path / "out"), "--write"])
    rows = answers.rows_in(tmp_path, "small")
    lacking = [{name: cell for name, cell in row.items() if name != "averted"} for row in rows]
    table.write_text("\n".join(",".join(row) for row in [list(lacking[0]), *(row.values() for row in lacking)]) + "\n")
    answers.main()
    assert f"{len(rows)} rows came out as they stand" in capsys.readouterr().out
    assert answers.rows_in(tmp_path, "small") == rows
    changed = [{**row, "victims": "1"} if number == 1 else row for number, row in enumerate(rows)]
    (line,) = answers.changes(changed, rows)
    assert line.startswith("small, draw 0: victims 1 before, ")
    assert answers.changes(rows, rows[:-1]) == [f"small, draw {rows[-1]['draw']} is gone"]
    lever = "measures.warning-local.coverage=0.5"
    monkeypatch.setattr("sys.argv", [*sys.argv, "--policy", lever, "--policy-draws", "11"])
    answers.main()
    assert [path.name for path in tables_beside(tmp_path, "small")] == [table.name, "small-levers-answers.csv"]
    every = answers.rows_in(tmp_path, "small")
    assert every[: len(rows)] == rows
    assert [row["policy"] for row in every[len(rows) :]] == [lever] * 12
    # One more draw of a policy is run by itself, and comes out as if all had been run at once.
    monkeypatch.setattr("sys.argv", [*sys.argv[:-1], "12"])
    answers.main()
    assert f"{lever}: 1 draws" in capsys.readouterr().out
    more = answers.rows_in(tmp_path, "small")
    assert more[: len(every)] == every
    (tmp_path / "small-levers-answers.csv").unlink()
    answers.main()
    assert answers.rows_in(tmp_path, "small") == more


def test_worth_of_knowing_is_computed_from_stored_draws_and_answers(tmp_path: Path) -> None:
    file, draws = tmp_path / "small.yaml", 120
    small = (ROOT / "tests" / "calibration" / "small.yaml").read_text()
    file.write_text(small)
    assert worth.of_stored(str(file)) == worth.NO_NUMBERS
    file.write_text(small + "  draws: small-draws.csv\n")
    (tmp_path / "mine.yaml").write_text(
        "schema: 1\nname: mine\ntitle: Quiet?\nextends: small.yaml\nwarning: {quiet: 24 h}\n"
    )
    level, coverage = "fraud.volumes.sms.level", "measures.warning-local.coverage"
    places = np.random.default_rng(1).random((draws, 2))
    rows = [f"{n},{800 + 1000 * one:.0f} per day,{0.2 + 0.8 * two:.3f}" for n, (one, two) in enumerate(places)]
    (tmp_path / "small-draws.csv").write_text("\n".join([f"draw,{level},{coverage}", *rows]) + "\n")
    own = dict.fromkeys(AMOUNTS, 100.0)
    drawn = {name: tuple(100.0 * np.exp(places[:, 0])) for name in own}
    more = {name: tuple(100.0 * np.exp(places[:60].sum(axis=1))) for name in own}
    stored = (StoredAnswers("small", draws, own, drawn), StoredAnswers("mine", 60, own, more))
    digests = [policy_digests(sim.load_scenario(str(tmp_path / f"{one.policy}.yaml"))) for one in stored]
    write_answers(tmp_path / "small-answers.csv", dict(zip(digests, stored, strict=True)))
    lines = worth.of_stored(str(file)).splitlines()
    assert lines[0].startswith("From 120 draws of `small`")
    names, first, second = ([cell.strip() for cell in line.split("|")[1:-1]] for line in (lines[2], *lines[4:]))
    assert (first[0], second[0]) == (f"`{level}`", f"`{coverage}`")
    known = dict(zip(names, first, strict=True))
    assert int(known["victims"].rstrip("%")) > 85
    assert known["change of victims by"] == ""
    assert dict(zip(names, second, strict=True))["change of victims by"].startswith("`mine` ")
