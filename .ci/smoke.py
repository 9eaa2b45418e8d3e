"""Every command of an installed Tocsin once, in an empty folder: ``python smoke.py TOCSIN``, the path of its command.

Ends non-zero at the first command that fails, or where the program has a command that is not here.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

SMALL = """\
schema: 1
name: small
title: Does every command do something?
extends: tiny
period: {start: 2022-01-25, end: 2022-01-31, warmup: 1 d}
"""

OTHER = """\
schema: 1
name: other
title: What does another one say, with a filter that is weaker?
extends: ./small.yaml
interception:
  call:
    d_prime: {value: 4.0, origin: assumed, range: [3.5, 4.8], basis: "none: a smoke test"}
"""

RUN, POLICY = "results/runs/a", "results/runs/b"

COMMANDS: dict[str, list[list[str]]] = {
    "scenarios": [[]],
    "schema": [[]],
    "validate": [["small.yaml"], ["other.yaml"], ["china-2022"]],
    "show": [["other.yaml"]],
    "explain": [["desks.visit.staff"]],
    "provinces": [["tiny"]],
    "new": [["policy"]],
    "diff": [["small.yaml", "other.yaml"]],
    "run": [
        ["small.yaml", "--out", RUN, "--events", "all"],
        ["other.yaml", "--out", POLICY],
        ["small.yaml", "--engine", "reference", "--scale", "0.2", "--out", "results/runs/c"],
    ],
    "runs": [[]],
    "figures": [[RUN], [RUN, "calls_intercepted@2022-01-25..2022-01-31"]],
    "evidence": [[RUN]],
    "findings": [[RUN]],
    "check": [[RUN]],
    "rerun": [[RUN]],
    "compare": [[RUN, POLICY], ["small.yaml", "other.yaml", "--replicates", "2"]],
    "report": [[RUN], [RUN, POLICY, "--out", "both.html"]],
    "attribute": [["small.yaml", "--layer", "dens", "--layer", "cards"]],
    "sweep": [["small.yaml", "--vary", "desks.visit.staff=10,40"]],
    "sensitivity": [["other.yaml", "--vary", "interception.call.d_prime"]],
    "staffing": [["small.yaml", "--tier", "red", "--within", "8 h", "--share", "0.5", "--relative"]],
    "calibrate": [["china-2022", "--dry-run"]],
    "verify": [["--quick", "--dry-run"]],
}
"""What each command is given, in an order in which they find what they need."""


def main(tocsin: str) -> int:
    """Run all commands; return how many the program has that are missing here."""
    Path("small.yaml").write_text(SMALL, encoding="utf-8")
    Path("other.yaml").write_text(OTHER, encoding="utf-8")
    listed = subprocess.run([tocsin, "--help"], capture_output=True, text=True, check=True).stdout
    words = re.findall(r"^  ([a-z]+) ", listed.partition("Commands:")[2], re.M)
    for name, calls in COMMANDS.items():
        for given in calls:
            done = subprocess.run([tocsin, name, *given], capture_output=True, text=True, check=False)
            if done.returncode:
                print(
                    f"tocsin {name} {' '.join(given)}: {done.returncode}\n{done.stdout}{done.stderr}", file=sys.stderr
                )
                return 1
    assert json.loads(Path(RUN, "run.json").read_text(encoding="utf-8"))["status"] == "finished"
    assert Path(RUN, "report.html").read_text(encoding="utf-8").rstrip().endswith("</html>")
    assert words
    if missing := set(words) - set(COMMANDS):
        print(f"no call of {', '.join(sorted(missing))}", file=sys.stderr)
    return len(missing)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
