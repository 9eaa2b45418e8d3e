"""``tocsin explore`` as users meet it: a sweep and its page, gone on with, made again, refused."""

import json
from pathlib import Path
from typing import Any

import pytest

import sim
from sim.experiments.simulations import Simulations
from tests.experiments.test_command import Tocsin, tocsin

__all__ = ["tocsin"]

SHORT = "period={start: 2022-01-24, end: 2022-01-25, warmup: 0 d}"
STAFF = "desks.visit.staff"
GIVEN = ["explore", "tiny", "--set", SHORT, "--vary", f"{STAFF}=10,40", "--samples", "6", "--workers", "1"]


def test_a_sweep_that_was_cut_goes_on_and_its_page_is_made_again_at_once(
    tocsin: Tocsin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep = Simulations._keep

    def keep_and_interrupt(self: Simulations, *arguments: Any) -> None:
        keep(self, *arguments)
        if self.simulated == 2:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Simulations, "_keep", keep_and_interrupt)
        code, out, err = tocsin(*GIVEN, "--out", "page.html")
    assert (code, out) == (1, "")
    (folder,) = (tmp_path / "results" / "sweeps").iterdir()
    place = folder.relative_to(tmp_path)
    assert f"interrupted; finished runs are kept in {place}; run the same command again to resume" in err
    assert not (tmp_path / "page.html").exists()
    kept = (folder / "journal.jsonl").read_text().splitlines()
    assert len(kept) >= 2

    code, out, err = tocsin(*GIVEN, "--out", "page.html")
    assert (code, err) == (0, "")
    page = (tmp_path / "page.html").read_bytes()
    assert out == f"page.html  {len(page) / 1e6:.1f} MB, from the runs in {place}\n"
    # It is an ordinary sweep: the scenario as it is, then five values.
    frame = sim.sweep(sim.load_scenario("tiny", dict([SHORT.split("=")])), {STAFF: [10, 40]}, "box", 6, folder=folder)
    assert list(frame[STAFF]) == [26.0, 10.0, 18.0, 25.0, 32.0, 40.0]

    code, out, _ = tocsin("explore", str(place), "--out", "again.html", "--json")
    assert code == 0
    assert json.loads(out) == {"folder": str(place), "page": "again.html", "warnings": []}
    assert (tmp_path / "again.html").read_bytes() == page
    code, out, _ = tocsin("explore", str(place), "--quiet")
    assert (code, out) == (0, "")
    assert (folder / "explore.html").read_bytes() == page


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["tiny"],
            "tocsin explore: no parameter is varied; use --vary key=value,value or set the scenario's sweep.vary",
        ),
        (["tiny", "--vary", f"{STAFF}=3"], f"tocsin explore: {STAFF}=3.0: a range needs exactly two numbers; "),
        (
            ["tiny", "--vary", "desks.visit.stuff=3,4"],
            "tocsin explore: desks.visit.stuff: unknown key; did you mean 'staff'? ",
        ),
        (
            ["tiny", "--vary", "warning.tiers.red.first=call,visit"],
            "tocsin explore: warning.tiers.red.first=call,visit: ",
        ),
        (
            ["tiny", "--vary", "warning.app.read=0.5,0.99"],
            "tocsin explore: warning.app.read=0.99: lies outside its range; ",
        ),
        (
            ["tiny", "--vary", f"{STAFF}=10,40", "--samples", "3"],
            "tocsin explore: a box over 1 range needs 5 ",
        ),
        (
            ["tiny", "--vary", f"{STAFF}=10,40", "--out", "full"],
            "tocsin explore: full: is a folder; use the name of a file",
        ),
        (["tiny", "--vary", f"{STAFF}=10,40", "--folder", "full"], "tocsin explore: full: the folder is not empty; "),
        # The scenario as it is, 26, lies outside, and five steps are four points.
        (["tiny", "--vary", f"{STAFF}=30,50", "--samples", "5"], "tocsin explore: a page over 1 lever needs "),
        (["tiny", "--vary", "warning.tiers.red.tries.visit=1,4"], "tocsin explore: a page over 1 lever needs "),
        (["full"], "tocsin explore: full: holds no sweep; give the folder of one, with sweep.json"),
        (
            ["full", "--scale", "1"],
            "tocsin explore: full is the folder of a sweep; it can only be combined with --out",
        ),
        (["nobody", "--vary", f"{STAFF}=10,40"], "nobody:1:1: "),
    ],
)
def test_what_cannot_be_explored_is_one_line_and_writes_nothing(
    tocsin: Tocsin, tmp_path: Path, arguments: list[str], message: str
) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    code, out, err = tocsin("explore", *arguments)
    assert (code, out) == (2, "")
    assert err.startswith(message)
    assert err.count("\n") == 1
    assert [path.name for path in tmp_path.rglob("*")] == ["full", "file"]


def test_a_thin_desk_is_warned_of_on_the_terminal_and_on_the_page(tocsin: Tocsin, tmp_path: Path) -> None:
    short = ["--set", "period={start: 2022-11-29, end: 2022-11-29, warmup: 0 d}", "--scale", "0.0003"]
    vary = ["--vary", f"{STAFF}=1000,8000", "--samples", "5"]
    code, out, err = tocsin(
        "explore", "china-2022", *short, "--pool", "country", *vary, "--workers", "1", "--out", "a.html"
    )
    assert (code, err) == (0, "")
    *warned, answer = out.splitlines()
    assert answer.startswith("a.html  ")
    page = (tmp_path / "a.html").read_text(encoding="utf-8")
    for line in ("warning: At scale 0.0003, 2 of 2 desks have fewer than 5 seats: ", "warning: Staff differs, "):
        assert any(one.startswith(line) for one in warned)
        assert line.removeprefix("warning: ") in page
    assert page.index("At scale 0.0003, ") < page.index('class="workbench"')
