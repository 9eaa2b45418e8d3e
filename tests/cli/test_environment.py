"""Commands in odd surroundings: they work, or say in one line what is needed."""

import os
import subprocess
import sys
import zipfile
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


def test_a_scenario_is_read_in_a_folder_that_is_gone(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    program = f"import os; os.rmdir({str(gone)!r}); from sim.cli import main; main()"
    done = command("-c", program, "validate", "tiny", folder=gone)
    assert (done.returncode, warned(done.stderr)) == (0, True)


@pytest.mark.parametrize("arguments", [["--help"], ["staffing", "--help"]])
def test_help_is_there_without_docstrings_too(arguments: list[str], tmp_path: Path) -> None:
    told = command("-m", "sim", *arguments, folder=tmp_path)
    assert told.returncode == 0
    assert command("-OO", "-m", "sim", *arguments, folder=tmp_path).stdout == told.stdout


def test_from_a_packed_file_it_is_said_what_is_needed(tmp_path: Path) -> None:
    packed = tmp_path / "tocsin.zip"
    with zipfile.ZipFile(packed, "w") as file:
        for source in (ROOT / "sim").rglob("*.py"):
            file.write(source, source.relative_to(ROOT).as_posix())
    for arguments in (["run", "tiny", "--out", "here"], ["scenarios"]):
        done = command("-m", "sim", *arguments, folder=tmp_path, changed={"PYTHONPATH": str(packed)})
        assert done.returncode == 1
        (line,) = done.stderr.splitlines()
        assert "is not a folder: the program must be installed unpacked" in line
    assert [file.name for file in tmp_path.iterdir()] == ["tocsin.zip"]
