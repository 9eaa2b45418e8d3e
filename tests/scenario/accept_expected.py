"""Rewrite the expected lines of the corpus after a change of the schema; run this file.

Read the difference before committing it: each line is what a user is told.
"""

import contextlib
from pathlib import Path

from sim.scenario.load import validate

if __name__ == "__main__":
    with contextlib.chdir(Path(__file__).parent / "invalid"):
        for path in sorted(Path().glob("*.yaml")):
            lines = "".join(f"{mistake}\n" for mistake in validate(path.name))
            path.with_suffix(".expected").write_text(lines, encoding="utf-8")
