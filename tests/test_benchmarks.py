"""The benchmarks at a size of seconds, so that they cannot rot; what they measure means nothing here."""

import math
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

import sim
from benchmarks import answers, two_seeds
from benchmarks.commands import first_command
from benchmarks.compare import differences, main, paired, slower, unpaired
from benchmarks.customers import Customers
from benchmarks.peers import by_reference, by_simpy, by_vector, waits_by_recursion
from benchmarks.rows import AVX512, BEFORE, COMPARED, TARGETS, Compared, Row, Target, markdown, number
from benchmarks.scaling import ends, exponent
from benchmarks.stored import Kind, Table, joined
from benchmarks.table import BEGIN, END, README, replaced
from sim.calibration.calibrate import calibrate
from sim.reading.stored_answers import AMOUNTS, SUFFIX, StoredAnswers

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.slow
def test_the_table_command_measures_everything_that_is_here(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "TOCSIN_"))}
    command = [sys.executable, "-m", "benchmarks.table", "--smoke", "--json", str(tmp_path / "table.json")]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    table = [line for line in done.stdout.splitlines() if line.startswith("| ")]
    for row in (
        "numpy SFC64",
        "Philox4x32-10",
        "126 MB",
        "SimPy",
        "desk of the engine reference",
        "event loop of the engine vector",
        "tocsin --help",
        "bn SFC64 doubles",
        "provinces pooled, two workers to one",
        "3 times the attempts",
    ):
        assert any(row in line for line in table), row
    assert any("tiny, reference" in line and "intercepted call or SMS" in line for line in table)
    assert sum("exponent of cost" in line for line in table) == 2
    assert "Failed" not in done.stdout
    measured = Table.read(tmp_path / "table.json")
    assert measured.sfc64_doubles_per_s[0] > 0
    assert len(measured.rows) == len(table) - 2  # less the head
    # What was measured once is compared with itself: nothing can be told of it, and nothing is slower.
    same = [f"--{word}={tmp_path / 'table.json'}" for word in ("against", "measured")]
    assert main(["--smoke", *same]) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("| ")]
    assert all("| 1.000 | one round | no difference told |" in line for line in lines[2:])
    assert len(lines) > 12


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


def test_exponents_are_those_of_the_costs() -> None:
    amounts = [1.0, 2.0, 4.0, 8.0]
    assert exponent(amounts, [3.0 + 0.5 * x for x in amounts], 3.0) == pytest.approx(1.0)
    assert exponent(amounts, [3.0 + 0.5 * x * x for x in amounts], 3.0) == pytest.approx(2.0)
    assert exponent(amounts, [3.0 + 0.5 * x for x in amounts], 0.0) < 0.5
    assert math.isnan(exponent(amounts, [2.9, 4.0, 5.0, 6.0], 3.0))
    with pytest.raises(ValueError, match="a slope needs two"):
        exponent([1.0], [2.0], 1.0)
    assert ends("2021-01-01", "2021-12-31", (0.2, 1.0)) == [("2021-03-14", 73), ("2021-12-31", 365)]


def test_a_row_is_held_against_its_target() -> None:
    rows = [Row("a", "first", 1234.5, "s", 3.0, "it"), Row("b", "second", 0.25, "s"), Row("c", "third", 7.0, "s")]
    targets = {
        "a": Target("ratio", at_least=2.5, aim=5),
        "b": Target("ratio", at_least=2.5),
        "c": Target("measured", at_most=8, aim=7),
    }
    lines = markdown(rows, targets).splitlines()
    assert lines[2] == "| first | 1,234 | s | 3 | it | ratio at least 2.5, aim 5 | yes |"
    assert lines[3] == "| second | 0.25 | s |  |  | ratio at least 2.5 | no |"
    assert lines[4] == "| third | 7 | s |  |  | measured at most 8, aim 7 | aim |"
    assert [number(x) for x in (0.0, 0.5, 2 / 3, 12.345, 1e-7, 2e16, math.nan)] == [
        "0", "0.5", "0.667", "12.3", "1.00e-07", "2.00e+16", "not told",
    ]  # fmt: skip


def table_of(rounds: list[list[Row]], scale: float = 0.1) -> Table:
    """A table of made-up rounds."""
    return Table.of(Kind("quick", scale, 2), "a machine", [6e8] * len(rounds), rounds)


def test_a_table_keeps_what_every_round_measured(tmp_path: Path) -> None:
    rounds = [
        [Row("a", "first", 3.0, "s", 2.0, "it"), Row("b", "second", math.nan, "s")],
        [Row("a", "first", 5.0, "s", 1.0, "it"), Row("b", "second", 0.5, "s")],
        [Row("a", "first", 4.0, "s", 9.0, "it"), Row("b", "second", 1.5, "s")],
    ]
    table = table_of(rounds)
    assert [row.row() for row in table.rows] == [Row("a", "first", 4.0, "s", 2.0, "it"), Row("b", "second", 1.0, "s")]
    table.write(tmp_path / "table.json")
    again = Table.read(tmp_path / "table.json")
    assert (again.kind, again.heading, again.sfc64_doubles_per_s) == (table.kind, "a machine", [6e8] * 3)
    assert again.rows[0] == table.rows[0]
    assert again.rows[1].of("measured") == [0.5, 1.5]
    assert again.rows[1].of("ratio") == []
    assert joined([table_of(rounds[:1]), table_of(rounds[1:])]).rows[0] == table.rows[0]
    for text in ("{", "[]", '{"rows": [{}]}'):
        (tmp_path / "other.json").write_text(text)
        with pytest.raises(ValueError, match="no table of benchmarks"):
            Table.read(tmp_path / "other.json")


def test_intervals_are_those_of_the_t_distribution() -> None:
    old, new = [1.0, 1.1, 1.2, 1.05], [1.3, 1.2, 1.5]
    expected = stats.ttest_ind(np.log(new), np.log(old)).confidence_interval(0.95)
    found = unpaired(old, new)
    assert (found.low, found.high) == pytest.approx(np.exp(expected))
    assert found.ratio == pytest.approx(stats.gmean(new) / stats.gmean(old))
    assert found.verdict == "slower"
    assert unpaired(new, old).verdict == "faster"
    expected = stats.ttest_rel(np.log(new), np.log(old[:3])).confidence_interval(0.95)
    found = paired(old[:3], new)
    assert (found.low, found.high) == pytest.approx(np.exp(expected))
    assert found.verdict == "no difference told"
    # Pairs tell what rounds alone do not, where the machine is slow in one round and not in the next.
    slow, slower_still = [1.0, 2.0, 4.0], [1.1, 2.22, 4.4]
    assert paired(slow, slower_still).verdict == "slower"
    assert unpaired(slow, slower_still).verdict == "no difference told"
    # One round beside several lends their spread; one beside one tells nothing.
    assert unpaired([1.0], [2.0, 2.1, 1.9]).verdict == "slower"
    assert math.isnan(unpaired([1.0], [2.0]).low)
    assert unpaired([1.0], [2.0]).verdict == "no difference told"


def test_unpaired_intervals_hold_the_truth_as_often_as_they_say() -> None:
    rng = np.random.default_rng(5)
    held = 0
    for _ in range(1000):
        found = unpaired(*np.exp(rng.normal(0.0, 0.1, (2, 3))))
        held += found.low <= 1 <= found.high
    assert 920 <= held <= 975


def test_rows_are_compared_by_what_no_machine_is_in() -> None:
    compared = {key: Compared("measured") for key in "abd"} | {"c": Compared("ratio", "more")}

    def rounds(a: float, b: float, c: float) -> list[list[Row]]:
        return [
            [
                Row("a", "costs", a * noise, "doubles", 99.0 / noise, "it"),
                Row("b", "weighs", b * noise, "MB"),
                Row("c", "serves", 1e6 * noise, "a second", c / noise, "SimPy"),
                Row("d", "is not told", math.nan, ""),
                Row("e", "is the machine's", 5.0 * noise, "ns"),
            ]
            for noise in (0.99, 1.0, 1.01)
        ]

    old = table_of(rounds(10.0, 300.0, 20.0))
    found, left = differences(old, table_of(rounds(11.0, 309.0, 25.0)), in_turn=False, compared=compared)
    assert [one.what for one in found] == ["costs", "weighs", "serves"]
    assert [one.interval.ratio for one in found] == pytest.approx([1.1, 1.03, 0.8])
    assert [one.interval.verdict for one in found] == ["slower", "slower", "faster"]
    assert [one.what for one in slower(found, 0.05)] == ["costs"]
    assert [(one.old, one.new, one.unit) for one in found] == [
        (10.0, 11.0, "doubles"), (300.0, 309.0, "MB"), (20.0, 25.0, "ratio to SimPy"),
    ]  # fmt: skip
    assert left == ["is not told: was not told"]
    others = [[Row("a", "costs at another scale", 10.0, "doubles")]]
    found, left = differences(old, table_of(others), in_turn=False, compared=compared)
    assert not found
    assert left[0] == "costs at another scale: is not in the old table"
    assert left[1:] == [f"{what}: is not in the new table" for what in ("weighs", "serves", "is not told")]
    with pytest.raises(ValueError, match=r"scale 0\.2, 2 workers is not compared with one of size quick, scale 0\.1"):
        differences(old, table_of(others, scale=0.2), in_turn=False)


def test_the_comparison_ends_with_what_it_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, cost in (("old", 5.0), ("new", 6.0)):
        rounds = [[Row("vector.attempt", "the flagship", cost * noise, "doubles")] for noise in (0.99, 1.0, 1.01)]
        table_of(rounds).write(tmp_path / f"{name}.json")
    old, new = (str(tmp_path / f"{name}.json") for name in ("old", "new"))
    assert main(["--against", old, "--measured", new]) == 1
    assert "| the flagship | doubles | 5 | 6 | 1.200 | 1.17" in capsys.readouterr().out
    assert main(["--against", old, "--measured", new, "--margin", "0.3"]) == 0
    assert main(["--against", new, "--measured", old]) == 0
    assert main(["--against", str(tmp_path / "none.json"), "--measured", new]) == 2


def test_every_key_that_is_held_or_compared_is_one_of_a_row() -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "benchmarks").glob("test_*.py"))
    patterns = [re.sub(r"\\{.*?\\}", "[a-z]+", re.escape(text)) for text in re.findall(r'"([a-z.{}]+)"', sources)]
    for key in {*TARGETS, *AVX512, *COMPARED, *BEFORE}:
        assert any(re.fullmatch(pattern, key) for pattern in patterns), key


def test_the_first_command_is_the_readmes() -> None:
    assert first_command().startswith("python3 -m venv .venv && ")
    assert first_command().endswith("tocsin run china-2022 --scale 0.005 --pool country")


def test_the_readme_has_one_place_for_the_table() -> None:
    text = README.read_text(encoding="utf-8")
    changed = replaced(text, "| a |")
    assert f"{BEGIN}\n| a |\n{END}" in changed
    assert replaced(changed, "| a |") == changed
    with pytest.raises(ValueError, match="one pair"):
        replaced("no markers", "| a |")


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


def test_the_second_calibration_of_the_flagship_has_its_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(two_seeds, "calibrate", lambda scenario, *given, **named: asked.append((scenario, *given)))
    monkeypatch.setattr(two_seeds, "answers_beside", lambda file: file)
    copy = two_seeds.again(two_seeds.SCENARIO, tmp_path, 5)
    ((scenario, folder, file),) = asked
    assert (folder, file, copy) == (tmp_path / "work", tmp_path / "china-2022.yaml", file)
    assert not list(tmp_path.glob(f"*{SUFFIX}")), "answers of the first would be taken for those of the second"
    assert scenario.resolved == {**sim.load_scenario("china-2022").resolved, "seed": 5}


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
    rows = answers.rows_of(table)
    lacking = [{name: cell for name, cell in row.items() if name != "averted"} for row in rows]
    table.write_text("\n".join(",".join(row) for row in [list(lacking[0]), *(row.values() for row in lacking)]) + "\n")
    answers.main()
    assert f"{len(rows)} rows came out as they stand" in capsys.readouterr().out
    assert answers.rows_of(table) == rows
    changed = [{**row, "victims": "1"} if number == 1 else row for number, row in enumerate(rows)]
    (line,) = answers.changes(changed, rows)
    assert line.startswith("small, draw 0: victims 1 before, ")
