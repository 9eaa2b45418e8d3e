"""Commands in odd surroundings: they work, or say in one line what is needed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

ODD: dict[str, dict[str, str | None]] = {
    "one column": {"COLUMNS": "1", "LINES": "1", "TERM": "dumb"},
    "another locale": {"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "no home, nowhere for temporary files": {"HOME": None, "XDG_CACHE_HOME": "relative", "TMPDIR": "/nonexistent"},
    "no caches": {"HOME": "/dev/null", "NUMBA_CACHE_DIR": "/dev/null"},
}


def command(
    *arguments: str, folder: Path, changed: dict[str, str | None] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run Python with a changed environment: None takes a variable out of it."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **(changed or {})}
    kept = {key: value for key, value in environment.items() if value is not None}
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=folder, env=kept, capture_output=True, text=True, check=False)


def warned(err: str) -> bool:
    """Tell whether nothing was printed but that the short period of tiny leaves measures out or cuts them."""
    return bool(err) and all(line.startswith("warning: ") and "measure" in line for line in err.splitlines())


@pytest.mark.parametrize("odd", ODD)
def test_a_scenario_is_read_wherever_one_is(odd: str, tmp_path: Path) -> None:
    done = command("-m", "sim", "validate", "tiny", folder=tmp_path, changed=ODD[odd])
    assert (done.returncode, warned(done.stderr)) == (0, True)
    assert done.stdout.startswith("tiny: no mistakes; ")
    assert list(tmp_path.iterdir()) == []
