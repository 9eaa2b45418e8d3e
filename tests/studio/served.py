"""A studio that runs in a process of its own, and what a page of it would ask."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

ROOT = Path(__file__).resolve().parents[2]

SHORT = """\
schema: 1
name: short
title: What happens in two months?
extends: china-2022
period: {start: 2022-10-01, end: 2022-11-30, warmup: 31 d}
"""
"""A baseline whose runs take a second."""

STAFF = {"name": "more", "title": "More officers?", "values": {"desks.visit.staff": "3400"}}
"""A policy."""

SIZE = {"scale": 0.005, "pool": "country", "apart": []}

STUDIO = Path("results") / "studio"


class Served:
    """A studio that listens."""

    def __init__(self, process: "subprocess.Popen[str]", address: str) -> None:
        self.process = process
        self.address = address
        found = urlsplit(address)
        self.host = found.netloc
        self.token = parse_qs(found.query)["token"][0]

    def headers(self, **others: str | None) -> dict[str, str]:
        """Return what a browser sends with a request of the page; None takes a header away."""
        own: dict[str, str | None] = {
            "Host": self.host,
            "Origin": f"http://{self.host}",
            "Cookie": f"tocsin-{self.host.partition(':')[2]}={self.token}",
            "Content-Type": "application/json",
        }
        return {key: value for key, value in {**own, **others}.items() if value is not None}

    def send(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, bytes]:
        """Send a request; return its status and its body."""
        connection = HTTPConnection(self.host, timeout=60)
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for key, value in (self.headers() if headers is None else headers).items():
                connection.putheader(key, value)
            if body is not None:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def ask(self, path: str, row: Any = None) -> Any:
        """Return what the page gets: of a GET, or of a POST with a document; refused lines raise an AssertionError."""
        method, body = ("GET", None) if row is None else ("POST", json.dumps(row).encode())
        status, content = self.send(method, path, body)
        assert status == 200, content.decode()
        return json.loads(content)

    def states(self, study: str) -> Iterator[dict[str, Any]]:
        """Yield the states of a question as they come."""
        connection = HTTPConnection(self.host, timeout=300)
        connection.request("GET", f"/studies/{study}/events", headers=self.headers(Origin=None))
        try:
            for line in connection.getresponse():
                if line.startswith(b"data: "):
                    yield json.loads(line.removeprefix(b"data: "))
        finally:
            connection.close()

    def last(self, question: dict[str, Any]) -> dict[str, Any]:
        """Ask a question, and return its last state."""
        *_, last = self.states(self.ask("/studies", question)["study"])
        return last


@contextmanager
def served(place: Path, *arguments: str) -> Iterator[Served]:
    """Serve the studio of ``short.yaml`` in a folder, or with other arguments; kill it at the end."""
    (place / "short.yaml").write_text(SHORT, encoding="utf-8")
    command = [sys.executable, "-m", "sim", "studio", "--no-browser", *(arguments or ("short.yaml",))]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, cwd=place, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield Served(process, process.stdout.readline().split()[0])
        finally:
            process.kill()
