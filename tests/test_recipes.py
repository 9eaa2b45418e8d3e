"""The recipes of docs/architecture.md list exactly the files that have to be changed by hand, and they work.

All recipes are carried out on one scratch copy of the sources, in which both engines then run, tables and pictures are
made, and ``test_complete.py`` finds every list complete.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.recipes import RECIPES, TESTS
from tests.test_added import scratch

ROOT = Path(__file__).resolve().parents[1]
DOCUMENT = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
MOST = {"A gate": 5, "A kind of measure": 4, "A key": 4, "A channel of attempts": 6, "A picture": 2, "A command": 2}
"""Files that a recipe may take at most, beside those of countries: each country states its own values."""


def listed(heading: str) -> list[str]:
    """Return the files that the recipe of this heading lists, in its order."""
    text = DOCUMENT.partition(f"### {heading}\n")[2].partition("\n### ")[0]
    return re.findall(r"^\d+\. `([^`]+)`", text, re.MULTILINE)


@pytest.mark.parametrize("heading", RECIPES)
def test_a_recipe_lists_the_files_that_it_takes(heading: str) -> None:
    edits = RECIPES[heading]
    for path, edit in edits.items():
        source = (ROOT / path).read_text(encoding="utf-8") if (ROOT / path).exists() else ""
        assert edit(source) != source, f"{path} is not changed"
    assert listed(heading) == list(edits)
    assert sum(not path.startswith("scenarios/") for path in edits) <= MOST[heading]


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., str]:
    """Carry out all recipes on a scratch copy of the sources; return what runs Python there."""
    folder = tmp_path_factory.mktemp("scratch")
    scratch(folder)
    shutil.copy(ROOT / "tests" / "after_recipes.py", folder / "tests")
    for edits in (*RECIPES.values(), TESTS):
        for path, edit in edits.items():
            source = (folder / path).read_text(encoding="utf-8") if (folder / path).exists() else ""
            (folder / path).write_text(edit(source), encoding="utf-8")
    # Without a compiler: machine code of a scratch copy would be made for it alone.
    set_to = {**os.environ, "PYTHONPATH": str(folder), "NUMBA_DISABLE_JIT": "1"}
    python = partial(subprocess.run, cwd=folder, env=set_to, capture_output=True, text=True, check=False)

    def run(*arguments: str) -> str:
        done = python([sys.executable, *arguments])
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


@pytest.fixture(scope="module")
def tried(changed: Callable[..., str]) -> dict[str, Any]:
    """Return what runs of the scratch copy show."""
    found: dict[str, Any] = json.loads(changed("-m", "tests.after_recipes"))
    return found


@pytest.mark.slow
def test_engines_agree_on_what_was_added(tried: dict[str, Any]) -> None:
    assert tried["equal"]


@pytest.mark.slow
def test_a_gate_that_was_added_stops_its_share(tried: dict[str, Any]) -> None:
    place = list(tried["fates"]).index("screened")
    stopped, *passed = list(tried["fates"].values())[place:]
    assert stopped / (stopped + sum(passed)) == pytest.approx(0.1, abs=0.03)
    assert tried["theory"][place] == 0.1
    assert all("screening" in layers for layers in tried["layers"])
    assert tried["without"]["sites.screened"] == 0.0


@pytest.mark.slow
def test_a_kind_of_measure_that_was_added_acts_and_goes_with_its_layer(tried: dict[str, Any]) -> None:
    before, with_curfew = (1 - fates["not_sent"] / sum(fates.values()) for fates in tried["calls"])
    assert with_curfew / before == pytest.approx(0.7, abs=0.05)
    assert tried["without"]["measures.curfew"] is None


@pytest.mark.slow
def test_a_key_and_a_channel_that_were_added_are_counted(tried: dict[str, Any]) -> None:
    assert tried["channels"]["video"] > 0
    assert sum(tried["about"].values()) > 0


@pytest.mark.slow
def test_a_picture_that_was_added_is_drawn(tried: dict[str, Any]) -> None:
    assert tried["drawn"] == 1
    assert tried["table"] > 0


@pytest.mark.slow
def test_a_command_that_was_added_is_in_the_help_where_it_was_put(
    tried: dict[str, Any], changed: Callable[..., str]
) -> None:
    listing = changed("-m", "sim", "--help")
    assert re.search(r"\n  findings .*\n(?:   .*\n)*  count +Count the victims of a run\.", listing)
    assert changed("-m", "sim", "count", "tiny/vector").strip().isdigit()


@pytest.mark.slow
def test_every_list_is_complete_after_the_recipes(changed: Callable[..., str]) -> None:
    changed("-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", "tests/test_complete.py")
