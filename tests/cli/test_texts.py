"""Texts and names of users on their way to terminals and files: nothing in them acts on a terminal, or ends a run."""

import json
import os
from pathlib import Path

import pytest

from tests.cli.commands import Tocsin

SCENARIO = r"""
schema: 1
name: x
title: "from \u202e right to left"
extends: tiny
period: {start: 2022-01-31, end: 2022-01-31, warmup: 0 d}
evidence: [{name: women_among_victims, range: [0, 1], basis: "from \u202e right [bold]to[/bold] left"}]
measures: {banks: {intensity: {value: 0.1, origin: evidence, basis: "from \u202e right to left \u001b[31m\a \udcff"}}}
"""


@pytest.fixture
def written(tmp_path: Path) -> str:
    """Write the scenario under a name that is no UTF-8."""
    name = os.fsdecode(b"n\xff.yaml")
    (tmp_path / name).write_text(SCENARIO)
    return name


def test_texts_of_a_scenario_do_nothing_to_a_terminal(written: str, tocsin: Tocsin) -> None:
    for command in ("validate", "show"):
        ended = tocsin(command, written)
        assert ended.code == 0
        assert all(line.startswith("warning: ") and line.isprintable() for line in ended.err.splitlines())
        assert "from \\u202e right to left" in ended.out
        assert all(line.isprintable() for line in ended.out.splitlines())


def test_a_scenario_may_have_a_name_that_is_no_text_and_a_run_may_not(
    written: str, tocsin: Tocsin, tmp_path: Path
) -> None:
    before = set(os.listdir(os.fsencode(tmp_path)))
    ended = tocsin("run", written, "--quiet", "--out", os.fsdecode(b"r\xff"))
    assert ended.code in (1, 2)
    (line,) = ended.err.splitlines()
    assert "r\\udcff: the name is not valid UTF-8; use another name" in line
    assert set(os.listdir(os.fsencode(tmp_path))) == before
    ended = tocsin("run", written, "--quiet", "--out", "r")
    assert ended.code == 0
    assert "n\\udcff.yaml" in json.loads((tmp_path / "r" / "run.json").read_text())["command"]
    assert tocsin("check", "r").code == 0
    assert "\\u202e" in tocsin("evidence", "r").out
