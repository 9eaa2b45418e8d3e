"""The file of a report: where it lies, that it is whole or not there, the same each time, and small enough."""

import html
import re
from pathlib import Path

import pytest

import sim
from sim import cli
from sim.experiments.pairing import PairingError
from sim.reading.findings import ranked, shortened
from sim.reading.manifest import check_run
from sim.report.figures import evidence_summary, evidence_table, months_table
from sim.report.page import REPORT_HTML, assumed, page, report
from tests.cli.commands import Ended, Tocsin, tocsin
from tests.report.conftest import HOSTILE, draw_only

__all__ = ["tocsin"]

MOST_BYTES = 8_000_000


@pytest.fixture(scope="module")
def off_text(off: sim.Run, place: Path) -> str:
    """The page of the run of which something is off, with one picture."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        draw_only(monkeypatch, "waits")
        return report(off, place / "off.html").read_text(encoding="utf-8")


def test_a_report_lies_in_the_folder_of_its_run_which_passes_its_check(
    full: sim.Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw_only(monkeypatch, "waits")
    path = report(full)
    assert path == full.path / REPORT_HTML
    assert all(finding.passed for finding in check_run(full.path))
    assert not list(full.path.glob(".*"))
    path.unlink()


def demand_same(path: Path, other: Path) -> None:
    """Fail unless two reports are the same, and small."""
    assert path.stat().st_size < MOST_BYTES
    # Lines, not the text: a page that differs would fill the screen.
    ours, theirs = (one.read_text(encoding="utf-8").splitlines() for one in (path, other))
    assert [pair for pair in zip(ours, theirs, strict=True) if pair[0] != pair[1]][:3] == []


def in_markup(line: str) -> str:
    """Return a line as the page has it."""
    return html.escape(line, quote=False).replace("'", "&#39;")


def test_findings_and_limits_close_page_one(off: sim.Run, off_text: str, thin: sim.Run) -> None:
    body = off_text[off_text.index("<main") :]
    begin, end = body.index('id="findings"'), body.index('id="limits"')
    lines = shortened(ranked(off.found))
    assert lines
    assert all(begin < body.index(in_markup(line)) < end for line in lines)
    with pytest.MonkeyPatch.context() as monkeypatch:
        draw_only(monkeypatch, "waits")
        text = page([[thin]])
    assert thin.manifest["warnings"][0].startswith("At scale ")
    for line in thin.manifest["warnings"]:
        assert text.index('id="limits"') < text.index(in_markup(line)) < text.index('id="outcomes"')


def test_limits_count_what_is_assumed(full: sim.Run) -> None:
    origins = [source.origin for source in full.scenario.sources.values() if source.origin]
    assert assumed(full).startswith(f"{origins.count('assumed')} of {len(origins)} values")


def test_runs_beside_each_other_say_what_they_cannot_say(thin: sim.Run) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        draw_only(monkeypatch, "waits")
        text = page([[thin], [thin]])
    first = in_markup(thin.manifest["warnings"][0])
    wanted = ("<h1", "What was changed", "What it did", 'id="limits"', first, 'id="outcomes"')
    places = [text.index(one) for one in wanted]
    assert places == sorted(places)


@pytest.mark.parametrize("pool", ["none", "country"])
def test_a_map_of_one_tile_is_left_out_with_the_reason(place: Path, pool: str) -> None:
    scenario = sim.load_scenario("tiny", {"population.pool": pool, "name": f"pool-{pool}"})
    text = page([[sim.run(scenario, place / f"pool-{pool}", workers=1)]])
    assert ('id="chart-place-0"' in text) == (pool == "none")
    assert ("No map: all provinces are simulated as one." in text) == (pool == "country")


def test_evidence_says_how_much_holds_and_what_does_not_by_month(off: sim.Run, off_text: str) -> None:
    assert evidence_summary(off).startswith("Evidence: 1 of 2 internal quantities")
    rows = evidence_table(off)
    assert rows["quantity"].tolist() == ["reached red", "women among victims"]
    assert rows["within"].tolist() == ["no", "yes"]
    months = months_table(off)
    assert months["month"].tolist() == ["2022-01", "2022-02"]
    shares = months["reached red"].tolist()
    assert all(share.endswith(" (out)") for share in shares)
    worst = min(range(2), key=lambda at: float(shares[at].split()[0]))
    assert rows["simulated"][0] == f"{shares[worst].split()[0]} ({months['month'][worst]})"
    assert evidence_summary(off).replace("'", "&#39;") in off_text
    assert all(share in off_text for share in shares)


def test_evidence_of_a_policy_is_shown_and_not_judged(off: sim.Run, monkeypatch: pytest.MonkeyPatch) -> None:
    before = months_table(off)
    rows = [
        {**row, "within": None, "months": [{**month, "within": None} for month in row.get("months", [])]}
        for row in off.manifest["evidence"]
    ]
    monkeypatch.setitem(off.manifest, "evidence", rows)
    off.__dict__.pop("evidence_by_month", None)
    assert evidence_summary(off) == ""
    assert evidence_table(off)["within"].tolist() == ["", ""]
    after = months_table(off)
    off.__dict__.pop("evidence_by_month", None)
    assert after["reached red"].tolist() == [share.removesuffix(" (out)") for share in before["reached red"]]


def test_a_claim_is_shown_as_one(off: sim.Run, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [{**row, "within": None, "claimed": True} for row in off.manifest["evidence"]]
    monkeypatch.setitem(off.manifest, "evidence", rows)
    assert evidence_summary(off) == ""
    shown = evidence_table(off)
    assert shown["within"].tolist() == ["", ""]
    assert all(range_.endswith(", claimed") for range_ in shown["evidence"])


def test_without_evidence_nothing_is_said_of_it(full: sim.Run) -> None:
    assert evidence_summary(full) == ""
    assert months_table(full).empty
    assert evidence_table(full).empty


@pytest.mark.slow
def test_a_whole_page_needs_nothing_else_and_says_what_to_see(reports: dict[str, Path]) -> None:
    text = reports["country"].read_text(encoding="utf-8")
    assert len(text) < MOST_BYTES
    markup = re.sub(r"<(script|style)\b.*?</\1>", "", text, flags=re.S)
    assert not re.search(r"""(src|href)=["'](?!#|data:)""", markup)
    assert "default-src 'none'" in markup
    assert "unsafe-eval" not in markup
    plots = re.findall(r'<div class="plot".*?class="chart" id="chart-([\w-]+)"', text, flags=re.S)
    told = re.findall(r'<p class="see">[^<]+</p>\s*<div class="chart" id="chart-([\w-]+)"', text)
    assert len(plots) > 15
    assert set(plots) == set(told)
    hostile = reports["hostile"].read_text(encoding="utf-8")
    assert HOSTILE not in hostile
    assert "&lt;img src=x onerror=alert(1)&gt;" in hostile


def test_an_unfinished_report_leaves_the_one_before(
    full: sim.Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "one.html"
    path.write_text("before")
    draw_only(monkeypatch, "waits")

    def fail(path: Path) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr("sim.store.folder.sync", fail)
    with pytest.raises(OSError, match="full"):
        report(full, path)
    assert path.read_text() == "before"
    assert [one.name for one in tmp_path.iterdir()] == ["one.html"]


def test_runs_that_are_no_pair_are_refused_before_anything_is_written(
    full: sim.Run, half: sim.Run, tmp_path: Path
) -> None:
    with pytest.raises(PairingError, match="scale"):
        report([full, half], tmp_path / "two.html")
    with pytest.raises(ValueError, match="needs runs"):
        report([], tmp_path / "two.html")
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_replicates_give_differences_their_intervals(
    replicates: list[list[sim.Run]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw_only(monkeypatch, "waits")
    several = report(replicates, tmp_path / "several.html").read_text(encoding="utf-8")
    single = report([group[0] for group in replicates], tmp_path / "single.html").read_text(encoding="utf-8")
    assert "95% intervals over replicates" in several
    assert "95% intervals over replicates" not in single
    assert "a single pair of runs" in single


@pytest.mark.slow
def test_the_command_writes_where_it_is_told_and_the_same_each_time(
    tocsin: Tocsin,
    reports: dict[str, Path],
    full: sim.Run,
    silent: sim.Run,
    central: sim.Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ended: Ended = tocsin("report", str(full.path))
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith(f"{full.path / REPORT_HTML}  ")
    demand_same(full.path / REPORT_HTML, reports["full"])
    (full.path / REPORT_HTML).unlink()
    draw_only(monkeypatch, "waits")
    assert tocsin("report", str(full.path), str(silent.path), str(central.path)).code == 0
    assert tocsin("report", str(full.path), "--out", "mine.html").code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine.html", REPORT_HTML]


@pytest.mark.parametrize("what", ["no such folder", "an empty folder", "no pair", "no folder to write to"])
def test_the_command_refuses_in_one_line(
    tocsin: Tocsin, full: sim.Run, half: sim.Run, tmp_path: Path, what: str
) -> None:
    (tmp_path / "empty").mkdir()
    given = {
        "no such folder": ["nowhere"],
        "an empty folder": ["empty"],
        "no pair": [str(full.path), str(half.path)],
        "no folder to write to": [str(full.path), "--out", "nowhere/one.html"],
    }[what]
    ended = tocsin("report", *given)
    assert ended.code == cli.REFUSED
    assert ended.out == ""
    assert re.fullmatch(r"tocsin report: [^\n]+\n", ended.err)
    assert [path.name for path in tmp_path.iterdir()] == ["empty"]
