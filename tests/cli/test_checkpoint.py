"""``tocsin run --checkpoint``: what is kept where, what is said, what is refused."""

import json
import os
import signal
from pathlib import Path

import pytest

from tests.cli.commands import Tocsin, start, wait_for

MONTHS = [
    "china-2022",
    "--set",
    "period={start: 2022-01-01, end: 2022-07-31, warmup: 0 d}",
    "--scale",
    "0.00001",
    "--checkpoint",
    "--quiet",
]
"""Six midnights between months."""


@pytest.mark.slow
def test_a_killed_run_goes_on_from_its_last_checkpoint(tocsin: Tocsin, tmp_path: Path) -> None:
    process = start("run", *MONTHS, "--out", "dead", folder=tmp_path)
    wait_for(tmp_path, "results/checkpoints/*.checkpoint", process)
    process.kill()
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert not (tmp_path / "dead").exists()
    kept = len(list((tmp_path / "results" / "checkpoints").glob("*.checkpoint")))
    assert kept >= 1
    ended = tocsin("run", *MONTHS, "--out", "dead")
    assert (ended.code, ended.out) == (0, "")
    assert "checkpoint" not in ended.err
    again = json.loads((tmp_path / "dead" / "run.json").read_text())
    said = again["performance"]["checkpoint"]
    assert "2022-02-01" <= said["continued_from"] <= "2022-07-01"
    assert said["kept"] + kept == 6
    # The same command without checkpoints, where nothing was ever killed; no unfinished run is mistaken for one.
    plain = [argument for argument in MONTHS if argument != "--checkpoint"]
    assert tocsin("run", *plain, "--out", "undisturbed").code == 0
    undisturbed = json.loads((tmp_path / "undisturbed" / "run.json").read_text())
    assert again["files"] == undisturbed["files"]
    assert tocsin("check", "dead").code == 0


def test_a_checkpoint_that_is_no_good_is_told_in_a_line(tocsin: Tocsin, tmp_path: Path) -> None:
    short = [*MONTHS, "--set", "period={start: 2022-03-31, end: 2022-04-02, warmup: 0 d}"]
    assert tocsin("run", *short, "--out", "first").code == 0
    (kept,) = (tmp_path / "results" / "checkpoints").iterdir()
    kept.write_bytes(kept.read_bytes()[:100])
    ended = tocsin("run", *short, "--out", "again")
    assert (ended.code, ended.out) == (0, "")
    assert ended.err.splitlines()[0] == (
        f"warning: {kept.relative_to(tmp_path)}: cannot be read: Truncated compressed stream; it is not used"
    )
    assert all(line.startswith("warning: ") for line in ended.err.splitlines())
    files = [json.loads((tmp_path / name / "run.json").read_text())["files"] for name in ("first", "again")]
    assert files[0] == files[1]


@pytest.mark.slow
def test_an_interrupted_run_says_how_it_goes_on(tmp_path: Path) -> None:
    process = start("run", *MONTHS, "--out", "dead", folder=tmp_path)
    wait_for(tmp_path, "results/checkpoints/*.checkpoint", process)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (1, "")
    assert err == "tocsin run: interrupted; checkpoints of this run were kept; run the same command again to resume\n"
    assert os.listdir(tmp_path) == ["results"]


def test_the_reference_engine_is_refused(tocsin: Tocsin, tmp_path: Path) -> None:
    ended = tocsin("run", *MONTHS, "--engine", "reference")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == "--checkpoint: the engine 'reference' keeps no checkpoints; use --engine vector\n"
    assert os.listdir(tmp_path) == []
