"""What dieharder prints is read, and said on the page; the words that it reads are those of the generator."""

from datetime import date
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from benchmarks import battery
from benchmarks.battery import Result, main, report
from benchmarks.counters import FIRST_DAY
from benchmarks.generator_words import NEIGHBOURS, blocks
from sim.draws.identity import INDEX_SHIFT, attempt_id
from sim.draws.philox import draw4
from sim.draws.purposes import REGISTRY

LINES = """\
#=============================================================================#
   rng_name    |rands/second|   Seed   |
stdin_input_raw|  3.97e+07  |1593835453|
        test_name   |ntup| tsamples |psamples|  p-value |Assessment
   diehard_birthdays|   0|       100|     100|0.39105882|  PASSED
        rgb_bitdist |  12|    100000|     100|0.99712345|   WEAK
    dab_monobit2    |  12|  65000000|       1|0.00000000|  FAILED
"""


def test_results_are_read_and_all_else_is_passed_over() -> None:
    found = [Result.of(line) for line in LINES.splitlines()]
    assert [one for one in found if one is not None] == [
        Result("diehard_birthdays", 0.39105882, "PASSED"),
        Result("rgb_bitdist 12", 0.99712345, "WEAK"),
        Result("dab_monobit2 12", 0.0, "FAILED"),
    ]


def test_the_page_counts_them_and_names_those_that_did_not_pass() -> None:
    found = [one for line in LINES.splitlines() if (one := Result.of(line)) is not None]
    text = "\n".join(report(found, "words | dieharder -a", False, 75.2, date(2022, 11, 30)))
    assert "ran `words | dieharder -a` on 30 November 2022, and was stopped before its end, in 75 minutes" in text
    assert "| 3 | 1 | 1 | 1 |" in text
    assert "Not passed: rgb_bitdist 12 (p 0.99712), dab_monobit2 12 (p 0.00000)." in text


def test_words_are_those_of_neighbouring_attempts_for_one_purpose_after_the_other() -> None:
    first, second = (np.frombuffer(block, dtype="<u4").reshape(-1, 4) for block in islice(blocks(7), 2))
    start = attempt_id(FIRST_DAY, 0, 0, 0, 0, 0)
    assert len(first) == NEIGHBOURS
    assert first[3].tolist() == list(draw4(7, start + (3 << INDEX_SHIFT), REGISTRY[0].number, 0))
    assert second[255].tolist() == list(draw4(7, start + (255 << INDEX_SHIFT), REGISTRY[1].number, 0))


def test_without_the_program_or_a_page_one_line_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(battery.shutil, "which", lambda name: None)
    assert main([]) == 2
    assert capsys.readouterr().err == "benchmarks.battery: dieharder is not installed; apt-get install dieharder\n"
    monkeypatch.setattr(battery.shutil, "which", lambda name: name)
    assert main(["--write", str(tmp_path / "none.md")]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_battery_reads_the_words_and_its_results_are_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # A program of this name that reads a part of the words and prints what dieharder would.
    program = tmp_path / "dieharder"
    program.write_text(f"#!/bin/sh\nhead -c 100000 | wc -c\ncat <<'END'\n{LINES}END\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    page = tmp_path / "page.md"
    page.write_text("A\n<!-- battery: begin -->\n<!-- battery: end -->\nB\n")
    assert main(["--write", str(page)]) == 1
    assert "| 3 | 1 | 1 | 1 |" in page.read_text()
    assert page.read_text().endswith("<!-- battery: end -->\nB\n")
    assert "FAILED   dab_monobit2 12" in capsys.readouterr().out
