"""The headline: one list of totals, and victims and losses at three reporting rates where the rate has a range."""

import json
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

import sim
from sim.experiments.compare import at_rates
from sim.reading.intervals import AMOUNTS, chance
from sim.reading.manifest import check_run
from sim.reading.quantities import HEADLINE, LEVELS, REPORTING_RATE, at_reporting_rates, is_stated, reporting_rates
from sim.report.page import page
from sim.store.columns import Scope
from sim.told.answers import EFFECTS, TOLD, answer_parts, difference_levels, of_runs
from sim.told.experiments import OUTCOMES
from sim.told.runs import answer_lines, short_answer
from sim.told.tables import show
from tests.report.conftest import draw_only

RANGED = "{value: 0.8, origin: assumed, range: [0.5, 0.9], basis: no data}"


def ranged(rate: str = RANGED, **values: object) -> sim.Scenario:
    """Return tiny with a reporting rate."""
    return sim.load_scenario("tiny", {REPORTING_RATE: rate, **values})


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> sim.Run:
    """A run of tiny, whose reporting rate has a range."""
    return sim.run(ranged(), tmp_path_factory.mktemp("headline") / "run", workers=1)


def printed(runs: list[sim.Run], width: int = 100) -> list[str]:
    """Return the answer of runs on the terminal."""
    console = Console(width=width, file=StringIO(), highlight=False)
    show(console, answer_parts(of_runs(runs, None if len(runs) == 1 else "replicates")))
    return console.file.getvalue().splitlines()  # type: ignore[attr-defined]


def test_the_headline_is_one_list(run: sim.Run) -> None:
    assert tuple(HEADLINE)[:4] == ("cases_filed", "filed_loss_money", *LEVELS)
    assert [name for name in AMOUNTS if name in HEADLINE] == list(HEADLINE)
    assert [name for name in OUTCOMES if name in HEADLINE] == list(HEADLINE)
    assert list(TOLD[:-1]) == [name for name in HEADLINE if name in EFFECTS]
    assert list(chance(run.path, Scope.of(run.scenario)))[: len(HEADLINE)] == list(HEADLINE)
    assert [name for name in run.totals.index if name in HEADLINE]


def test_what_data_know_is_told_first(run: sim.Run) -> None:
    first, second, third = answer_lines(run)[:3]
    assert "cases were filed, with losses of" in first
    assert "paid and lost" in second
    assert "stopped before reaching anyone" in third
    assert next(iter(short_answer(run))) == "cases filed"


def test_a_run_without_filings_says_so(run: sim.Run) -> None:
    one = sim.load_run(run.path)
    one.manifest = {**run.manifest, "totals": {**run.manifest["totals"], "cases_filed": 0}}
    assert answer_lines(one)[0] == "No case was filed."


def test_victims_and_losses_follow_from_filings_and_the_rate(run: sim.Run, tmp_path: Path) -> None:
    rows = run.manifest["at_reporting_rates"]
    assert [row["rate"] for row in rows] == [0.5, 0.8, 0.9]
    for row in rows:
        for name in LEVELS:
            assert row[name] == pytest.approx(run.totals[name] * 0.8 / row["rate"])
    assert rows[1] == {"rate": 0.8, **{name: run.totals[name] for name in LEVELS}}
    stored = json.loads((run.path / "run.json").read_text(encoding="utf-8"))
    assert stored["at_reporting_rates"] == rows
    checks = {one.name: one.passed for one in check_run(run.path)}
    assert checks["victims and losses at reporting rates"] is True
    assert all(checks.values())
    # A world in which half as many report has as many more victims, for the same filings.
    halved = sim.run(ranged(RANGED.replace("0.8", "0.5")), tmp_path / "halved", workers=1)
    assert halved.totals["cases_filed"] / halved.totals["victims"] == pytest.approx(0.5, rel=0.25)


@pytest.mark.parametrize(
    ("rate", "rates"),
    [
        ("0.8", ()),
        ("{value: 0.8, origin: evidence, basis: a survey}", ()),
        (RANGED, (0.5, 0.8, 0.9)),
        (RANGED.replace("0.5", "0.8"), (0.8, 0.9)),
        (RANGED.replace("0.5", "0"), (0.8, 0.9)),
        ("{value: 0, origin: assumed, range: [0, 0.9], basis: no data}", ()),
    ],
)
def test_only_a_range_has_rates(rate: str, rates: tuple[float, ...]) -> None:
    scenario = ranged(rate)
    assert reporting_rates(scenario) == rates
    totals = {"victims": 10.0, "loss_money": 100.0}
    assert [row["rate"] for row in at_reporting_rates(scenario, totals)] == list(rates)
    assert at_reporting_rates(scenario, {"victims": 0, "loss_money": 0}) == []


def test_the_terminal_says_what_fixes_the_level_in_few_lines(run: sim.Run, tmp_path: Path) -> None:
    lines = printed([run])
    text = " ".join(line.strip() for line in lines)
    assert f"The share of victims who report ({REPORTING_RATE}), which no source states, fixes the level" in text
    assert "If filings stay the same: " in text
    assert all(f"at {share}" in text for share in ("50%", "80%", "90%"))
    without = sim.run(ranged("0.8"), tmp_path / "without", workers=1)
    assert "at_reporting_rates" not in without.manifest
    plain = printed([without])
    assert "who report" not in " ".join(plain)
    assert 0 < len(lines) - len(plain) <= 4
    # Replicates have the same rate, posterior draws have not.
    assert "fixes the level" in " ".join(printed([run, run], 1000))
    assert "fixes the level" not in " ".join(printed([run, of_another_rate(tmp_path)], 1000))
    assert is_stated(ranged(RANGED.replace("assumed", "evidence")))


def of_another_rate(folder: Path) -> sim.Run:
    """Return a run whose victims report at another rate."""
    return sim.run(ranged(RANGED.replace("0.8", "0.6")), folder / "other", workers=1)


def test_the_report_says_it_too(run: sim.Run, monkeypatch: pytest.MonkeyPatch) -> None:
    draw_only(monkeypatch, "cascade")
    text = page([[run]])
    assert "share of victims who report" in text
    assert text.index("cases were filed") < text.index("If filings stay the same: ")


def test_a_difference_is_told_at_the_same_rates() -> None:
    base, other = ranged(), ranged(**{"desks.visit.staff": "3"})
    rows = [
        {"scenario": "other", "quantity": "victims", "difference": -100.5, "draws": 1},
        {"scenario": "other", "quantity": "loss_money", "difference": 8e6, "draws": 1},
    ]
    found = at_rates(rows, base, other)
    assert found[0] == {
        "scenario": "other",
        "rate": 0.5,
        "victims": pytest.approx(-160.8),
        "loss_money": pytest.approx(1.28e7),
    }
    assert found[1]["victims"] == -100.5  # at its own rate to the bit
    (line,) = difference_levels(found)
    assert "-161 victims and +12.8 million units of money at 50%" in line
    assert at_rates(rows, base, ranged(RANGED.replace("0.8", "0.6"))) == []
    assert at_rates([{**row, "draws": 8} for row in rows], base, other) == []
    assert difference_levels([]) == []
