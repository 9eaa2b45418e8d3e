"""The table of phases: its rows are the numbers of gangs with a range, its cells what runs counted."""

from pathlib import Path
from typing import Any

import pytest

import sim
from benchmarks import phases
from benchmarks.documents import written
from benchmarks.mechanism import loaded
from benchmarks.phases import MARKER, facts, moving, phase, table
from sim.scenario import load_scenario
from tests.equality.scenarios import POOLS
from tests.slots import WITHOUT

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "mechanism.md"
ASSUMED = {"origin": "assumed", "basis": "no data"}
RECRUITING = {"value": "1 per year", **ASSUMED, "range": ["0.5 per year", "9 per year"]}
RETURNS: dict[str, Any] = {
    **{"kind": "returns", "window": ["2022-01-24", None], "intensity": "1 per year", "arrested": 0.5},
    "members": {"value": 0.4, **ASSUMED, "range": [0.2, 0.8]},
}


def pooled() -> sim.Scenario:
    """Return ``tiny`` with pools of gangs that have a range."""
    pools = {**POOLS, "recruiting": RECRUITING}
    period = {"start": "2022-01-28", "end": "2022-01-31", "warmup": "1 d"}
    values = {"gangs": {"pools": pools}, "measures.home": RETURNS, "period": period, **WITHOUT}
    return load_scenario("tiny", **values)


def test_rows_are_the_numbers_that_gangs_live_by() -> None:
    rows = moving(loaded("china-2022", 0.005))
    assert {"gangs.pools.members", "dens.hazard.leads_per_case", "measures.den-campaign-east.intensity"} <= rows.keys()
    assert not [key for key in rows if key.startswith(("measures.videos", "fraud.types", "warning"))]
    rows = moving(pooled())
    assert {"gangs.pools.recruiting", "measures.home.members", "dens.hazard.lead_half_life"} <= rows.keys()
    # Of dens pools read ringleaders and leads alone.
    assert not {"dens.slots", "dens.crew", "dens.displaced"} & rows.keys()
    assert [rows["gangs.pools.recruiting"].value(at) for at in (0.0, 1.0)] == ["0.5 per year", "9 per year"]


def test_facts_are_the_members_of_pools_beside_those_at_the_start(tmp_path: Path) -> None:
    run = sim.run(pooled(), tmp_path / "run", events="none")
    levels = run.state[run.state["quantity"].isin(["gangs_home", "gangs_abroad"])]
    ends = [levels[levels["day"] == day]["value"].sum() / 9_000 for day in ("2022-01-28", "2022-01-31")]
    assert ends[1] < ends[0]
    assert facts(run) == {
        "victims": run.totals["victims"],
        "gangs": pytest.approx(ends[1]),
        "fewest": pytest.approx(ends[1]),
    }


BASE = [{"victims": 100.0, "gangs": 0.9, "fewest": 0.8}, {"victims": 200.0, "gangs": 1.1, "fewest": 0.8}]


@pytest.mark.parametrize(
    ("victims", "fewest", "told"),
    [
        *((1.0, 0.8, ""), (0.51, 0.21, ""), (1.99, 0.8, "")),
        *((0.49, 0.8, "collapses"), (1.0, 0.19, "collapses"), (2.01, 0.8, "explodes")),
    ],
)
def test_a_country_collapses_or_explodes(victims: float, fewest: float, told: str) -> None:
    assert phase(BASE, [{"victims": victims * one["victims"], "fewest": fewest} for one in BASE]) == told
    if fewest > 0.2:
        plain = [{"victims": one["victims"]} for one in BASE]
        assert phase(plain, [{"victims": victims * one["victims"]} for one in BASE]) == told


def test_a_row_has_both_ends_and_what_becomes_of_the_country() -> None:
    rows = {"gangs.pools.recruiting": moving(pooled())["gangs.pools.recruiting"]}
    low = [{"victims": 40.0, "gangs": 0.3, "fewest": 0.25}, {"victims": 80.0, "gangs": 0.5, "fewest": 0.25}]
    high = [{"victims": 150.0, "gangs": 1.25, "fewest": 0.9}, {"victims": 300.0, "gangs": 1.25, "fewest": 1.0}]
    found = {("gangs.pools.recruiting", end): own for end, own in (("low", low), ("high", high))}
    head, _, row = (
        [cell.strip() for cell in line.strip("|").split("|")] for line in table(rows, BASE, found).splitlines()
    )
    cells = dict(zip(head[:-1], row, strict=False))
    assert (cells["low"], cells["high"]) == ("0.5 per year", "9 per year")
    assert (cells["victims, low"], cells["victims, high"]) == ("-60.00 % ± 0.00", "+50.00 % ± 0.00")
    assert cells["gangs at the end, low"].startswith("0.40 ±")
    assert cells["gangs at their fewest, high"].startswith("0.95 ±")
    assert row[-1] == "collapses (low)"
    plain = {key: [{"victims": one["victims"]} for one in own] for key, own in found.items()}
    assert "gangs at" not in table(rows, [{"victims": one["victims"]} for one in BASE], plain)


def test_the_document_has_a_place_for_the_table() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert "begin -->\nrows\n<!--" in written(text, MARKER, "rows")


@pytest.mark.slow
def test_the_command_prints_the_table_and_goes_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, document = tmp_path / "mine.yaml", tmp_path / "document.md"
    file.write_text(pooled().yaml(), encoding="utf-8")
    document.write_text(f"<!-- {MARKER}: begin --><!-- {MARKER}: end -->", encoding="utf-8")
    only = ["gangs.pools.recruiting", "measures.home.members"]
    command = [str(file), "--scale", "1", "--seeds", "2", "--only", ",".join(only), "--out", str(tmp_path / "out")]
    phases.main([*command, "--write", str(document)])
    printed = capsys.readouterr().out
    rows = [line.split("|")[1].strip() for line in printed.splitlines() if line.startswith("| ")]
    assert rows == ["key", "---", *only]
    assert printed.strip() in document.read_text(encoding="utf-8")
    before = (tmp_path / "out" / "journal.jsonl").read_bytes()
    phases.main(command)
    assert capsys.readouterr().out == printed
    assert (tmp_path / "out" / "journal.jsonl").read_bytes() == before
    with pytest.raises(SystemExit):
        phases.main([str(file), "--only", "gangs.pools.crew"])
    assert "gangs.pools.crew is not a key; use " in capsys.readouterr().err
