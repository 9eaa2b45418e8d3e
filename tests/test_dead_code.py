"""Nothing is dead: what nobody uses is found by vulture, as ``pyproject.toml`` sets it up."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def test_everything_is_used():
    found = subprocess.run([sys.executable, "-m", "vulture"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert found.stdout + found.stderr == ""
