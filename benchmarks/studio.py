"""A studio as its page uses it: from Run to the first difference and to all pairs, against the equal command."""

import json
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from time import perf_counter
from typing import Any
from urllib.parse import parse_qs, urlsplit

from benchmarks.commands import Spent, Version, spent
from benchmarks.rows import Figure, Figures, Size

PAIRS = 4
"""The pairs of a question, unless its page asks for others."""


class Page:
    """What the page of a studio sends, and how it waits."""

    def __init__(self, address: str) -> None:
        found = urlsplit(address)
        self._host = found.netloc
        self._headers = {
            "Origin": f"http://{found.netloc}",
            "Cookie": f"tocsin-{found.port}={parse_qs(found.query)['token'][0]}",
            "Content-Type": "application/json",
        }

    def send(self, path: str, row: dict[str, Any]) -> dict[str, Any]:
        """Send a document; return the answer, or raise RuntimeError if it is refused."""
        connection = HTTPConnection(self._host)
        connection.request("POST", path, json.dumps(row), self._headers)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        if answer.status != 200:
            raise RuntimeError(content.decode())
        found: dict[str, Any] = json.loads(content)
        return found

    def run(self, name: str, staff: str, scale: float) -> tuple[float, float, str]:
        """Run a policy beside the baseline; return the seconds to the first difference and to all, and the command."""
        started, first = perf_counter(), 0.0
        self.send("/policies", {"name": name, "title": "", "values": {"desks.visit.staff": staff}})
        asked = self.send("/studies", {"policies": [name], "scale": scale, "pool": "country", "replicates": PAIRS})
        connection = HTTPConnection(self._host)
        connection.request("GET", f"/studies/{asked['study']}/events", headers=self._headers)
        for line in connection.getresponse():
            state = json.loads(line.removeprefix(b"data: ")) if line.startswith(b"data: ") else {"done": 0}
            first = first or (perf_counter() - started if state["done"] else 0.0)
            if state.get("status") == "failed":
                raise RuntimeError(state["note"])
        connection.close()
        return first, perf_counter() - started, asked["command"]


@contextmanager
def page(version: Version, scenario: str, place: Path) -> Iterator[Page]:
    """Serve the studio of a scenario in a folder, and give its page."""
    command = [version.python, "-m", "sim", "studio", scenario, "--no-browser"]
    with subprocess.Popen(command, cwd=place, env=version.variables(), stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield Page(process.stdout.readline().split()[0])
        finally:
            process.kill()


def asked(version: Version, size: Size, _: int) -> Figures:
    """Run a policy in a studio that has run another one, so that the baseline is kept, and give the equal commands."""
    if version.name == "before":
        return {}  # it may have no studio
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        with page(version, size.scenario, place) as one:
            one.run("first", "2000", size.pooled)
            first, every, command = one.run("second", "3400", size.pooled)
        pair, pairs = (_equal(version, command, number, place) for number in (1, PAIRS))
    return {"studio.first": Figure(first, first / pair.wall_s), "studio": Figure(every, every / pairs.wall_s)}


def _equal(version: Version, command: str, pairs: int, place: Path) -> Spent:
    """Give the command of a page, with a number of pairs."""
    words = command.split()[1:-1]
    given = [version.python, "-m", "sim", *words, str(pairs), "--quiet"]
    return spent(given, version.variables(), place)
