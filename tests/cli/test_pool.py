"""``--pool``: every command that thins a scenario can pool its provinces, and what is run is what is stored."""

import json
import re
from pathlib import Path

import pytest
import typer

import sim
from sim.cli import app
from tests.cli.commands import SHORT, Tocsin

COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", list(COMMANDS))
def test_what_has_a_scale_has_a_pool(name: str) -> None:
    options = {option for parameter in COMMANDS[name].params for option in parameter.opts}
    assert ("--pool" in options) == ("--apart" in options) == ("--scale" in options)


@pytest.mark.slow
def test_a_pooled_run_is_stored_checked_made_again_and_shown(tocsin: Tocsin, tmp_path: Path) -> None:
    assert tocsin("run", *SHORT, "--pool", "regions", "--out", "pooled", "--quiet").code == 0
    run = sim.load_run(tmp_path / "pooled")
    names = [row.name for row in run.scenario.spec.population.provinces]
    assert names == ["north", "northeast", "east", "central", "south", "southwest", "northwest"]
    assert set(run.attempts["province"]) == {row.code for row in run.scenario.spec.population.provinces}
    assert tocsin("check", "pooled").code == 0
    assert tocsin("rerun", "pooled").code == 0
    assert tocsin("report", "pooled").code == 0
    # Its own file is run again to the same bytes, with the same pool asked for or not.
    stored = str(tmp_path / "pooled" / "scenario.yaml")
    for number, options in enumerate(([], ["--pool", "regions"])):
        assert tocsin("run", stored, *options, "--out", f"again{number}", "--quiet").code == 0
        assert sim.load_run(tmp_path / f"again{number}").manifest["files"] == run.manifest["files"]
    shown = json.loads(tocsin("show", *SHORT, "--pool", "regions", "--json").out)
    assert shown["sha256"] == run.scenario.sha256 == run.manifest["scenario_sha256"]


def test_a_pool_that_there_is_not_is_refused_as_typed(tocsin: Tocsin, tmp_path: Path) -> None:
    ended = tocsin("run", *SHORT, "--pool", "province")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == (
        "--pool: 'province' is not allowed; allowed: none, country, regions, or a map with the key apart\n"
    )
    assert list(tmp_path.iterdir()) == []


HOLD = "measures.hold={kind: bank_hold, window: [2022-01-24, null], intensity: 0.1, provinces: [Guangdong]}"


@pytest.mark.slow
def test_a_province_apart_keeps_its_measure_and_is_stored_checked_made_again_and_shown(
    tocsin: Tocsin, tmp_path: Path
) -> None:
    for name in ("pooled", "again"):
        source = [*SHORT, "--set", HOLD] if name == "pooled" else [str(tmp_path / "pooled" / "scenario.yaml")]
        options = ["--pool", "country", "--apart", "guangdong", "--out", name, "--quiet"]
        assert tocsin("run", *source, *options).code == 0
    run, again = (sim.load_run(tmp_path / name) for name in ("pooled", "again"))
    assert run.scenario.spec.population.names == {11: "other provinces", 44: "Guangdong"}
    assert run.scenario.spec.measures["hold"].provinces == [44]  # type: ignore[union-attr]
    assert again.manifest["files"] == run.manifest["files"]
    assert tocsin("check", "pooled").code == 0
    assert tocsin("rerun", "pooled").code == 0
    assert tocsin("report", "pooled").code == 0
    told = tocsin("provinces", "pooled").out
    assert "other provinces" in told
    assert "Guangdong" in told


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (["--apart", "Guangdong"], "--apart: cannot be used without --pool; use --pool country\n"),
        (["--pool", "regions", "--apart", "44"], "--apart: cannot be used with --pool regions; use --pool country\n"),
        (
            ["--pool", "country", "--apart", "Guandong"],
            "--apart: 'Guandong' is not a province; did you mean 'Guangdong' (44), "
            "'Shandong' (37) or 'Guangxi' (45)? use a name or code of population.provinces (list them: "
            "tocsin provinces)\n",
        ),
    ],
)
def test_what_cannot_be_apart_is_refused_as_typed(
    tocsin: Tocsin, tmp_path: Path, options: list[str], line: str
) -> None:
    for command in (["run"], ["compare", "no-warning"], ["show"]):
        ended = tocsin(*command, "china-2022", *options)
        assert (ended.code, ended.out, ended.err) == (2, "", line)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "offer"),
    [
        ([], "62 of 62 desks have fewer than 5 seats: their waits and expired alerts do not represent the country. "
             "Use --scale N or --pool country."),
        (["--pool", "regions"], "14 of 14 desks have fewer than 5 seats: their waits and expired alerts do not "
         "represent the country. Use --scale N or --pool country."),
        (["--pool", "country"], None),
    ],
)  # fmt: skip
def test_a_run_with_thin_desks_offers_a_pool(tocsin: Tocsin, options: list[str], offer: str | None) -> None:
    day = ["--set", "period={start: 2022-06-01, end: 2022-06-01, warmup: 0 d}"]
    ended = tocsin("run", "china-2022", "--scale", "0.0035", *day, *options, "--quiet")
    assert ended.code == 0
    # At which scale there are enough seats, the flagship's staff says.
    lines = re.sub(r"--scale (1|0\.0?\d\d?) or", "--scale N or", ended.err).splitlines()
    thin = [line for line in lines if "desks have fewer" in line]
    assert thin == ([f"warning: At scale 0.0035, {offer}"] if offer else [])


def test_where_a_province_has_a_measure_it_is_kept_apart_in_the_pool_that_is_offered(tocsin: Tocsin) -> None:
    day = ["--set", "period={start: 2022-06-01, end: 2022-06-01, warmup: 0 d}"]
    holds = "measures.holds={kind: bank_hold, window: [2022-06-01, null], intensity: 0.1, provinces: [11]}"
    ended = tocsin("run", "china-2022", "--scale", "0.003", *day, "--set", holds, "--quiet")
    assert ended.code == 0
    assert re.match(
        r"warning: At scale 0\.003, 62 of 62 desks have fewer than 5 seats: their waits and expired alerts do not "
        r"represent the country\. Use --scale (1|0\.\d+) or --pool country --apart Beijing --scale 0\.\d+\.\n",
        ended.err,
    )
