"""Questions: streamed pair by pair, equal to the command, refused before a run, given up, and kept through a kill."""

import asyncio
import gc
import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from sim.experiments.paired import groups_of
from sim.report.page import compared_runs, people
from sim.studio.policies import Policies, Question, RunSize
from sim.studio.studies import Study
from tests.studio.served import ROOT, SHORT, SIZE, STAFF, STUDIO, Served, served

PAIR = {"policies": ["more"], **SIZE, "replicates": 2}
OFFICERS = {"name": "gd", "title": "", "values": {"desks.visit.by_province.Guangdong": "{staff: 342}"}}
WAITS_S = 120


def until(true: Callable[[], bool]) -> None:
    """Wait until something is true."""
    end = time.monotonic() + WAITS_S
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def of_command(place: Path, command: str) -> dict[tuple[str, str], Any]:
    """Give the printed command as it is, and return its rows by scenario and quantity."""
    words = [sys.executable, "-m", "sim", *shlex.split(command)[1:], "--json"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(words, cwd=place, env=environment, capture_output=True, text=True, check=True)
    return {(row["scenario"], row["quantity"]): row for row in json.loads(done.stdout)["rows"]}


@pytest.mark.slow
def test_answers_come_pair_by_pair_and_equal_those_of_the_command(place: Path, studio: Served) -> None:
    studio.ask("/policies", STAFF)
    studio.ask("/policies", {**STAFF, "name": "fewer", "values": {"desks.visit.staff": "800"}})
    asked = studio.ask("/studies", {**PAIR, "policies": ["more", "fewer"], "replicates": 3})
    states = list(studio.states(asked["study"]))
    done = [state["done"] for state in states]
    assert done == sorted(done)
    last = states[-1]
    assert (last["status"], last["done"]) == ("done", 3)
    by_command = of_command(place, asked["command"])
    for policy in last["answer"]["policies"]:
        assert len(policy["figures"]) == 5
        for row in policy["figures"]:
            same = by_command[policy["name"], row["quantity"]]
            assert {key: row[key] for key in ("base", "other", "difference", "low", "high")} == {
                key: same[key] for key in ("base", "other", "difference", "low", "high")
            }
            noisy = same["low"] is not None and same["low"] <= 0 <= same["high"]
            assert (row["unsure"] == "within run-to-run noise") == noisy
        assert any("cannot be seen with 3 pairs" in line for line in policy["power"])
    # What is kept is not simulated again.
    before = set((place / STUDIO / "runs").iterdir())
    assert studio.last({**PAIR, "policies": ["more", "fewer"], "replicates": 3})["answer"] == last["answer"]
    assert {one for one in (place / STUDIO / "runs").iterdir() if not one.name.startswith(".")} <= before


@pytest.mark.slow
def test_single_people_and_the_report_are_those_of_the_commands(place: Path, studio: Served) -> None:
    studio.ask("/policies", {**STAFF, "values": {"desks.visit.staff": "500"}})
    asked = studio.ask("/studies", {**PAIR, "replicates": 1, "events": True})
    *_, last = studio.states(asked["study"])
    assert asked["command"].endswith("--replicates 1 --events all")
    folder = place / "people"
    of_command(place, f"{asked['command']} --out {folder}")
    groups = groups_of([folder])
    assert last["answer"]["people"] == people(compared_runs(groups))
    assert last["answer"]["people"]
    # The report has the same, in the language of the question, and its scripts reach nothing.
    connection = HTTPConnection(studio.host, timeout=WAITS_S)
    connection.request("GET", f"/studies/{asked['study']}/report", headers=studio.headers(Origin=None))
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    assert str(answer.getheader("content-security-policy")).startswith("sandbox allow-scripts")
    for one in last["answer"]["people"]:
        assert one in text
    # Without events there are no single people, and without pairs no report.
    none = studio.ask("/studies", {**PAIR, "replicates": 1})["study"]
    *_, last = studio.states(none)
    assert last["answer"]["people"] is None
    assert studio.send("GET", "/studies/0/report", headers=studio.headers(Origin=None))[0] == 400


def test_draws_are_refused_where_none_are_stored_and_their_number_is_checked(studio: Served) -> None:
    studio.ask("/policies", STAFF)
    for row in ({"draws": 2}, {"draws": 1}, {"draws": True}, {"draws": 2, "replicates": 2}, {"events": 1}):
        status, content = studio.send("POST", "/studies", json.dumps({**PAIR, "replicates": 1, **row}).encode())
        assert status == 400, content


def test_what_a_question_takes_is_told_before_it_is_asked(studio: Served) -> None:
    until(lambda: bool(studio.ask("/estimate", {**PAIR, "policies": ["unsaved"]})["time"]))
    small, large = (
        studio.ask("/estimate", {"policies": ["unsaved"], **size, "replicates": 1, "large": True})["time"]
        for size in (SIZE, {"scale": 1, "pool": "none"})
    )
    assert small.startswith("2 runs: ")
    assert "GB of memory" in large
    assert small != large


@pytest.mark.slow
def test_draws_and_large_runs_give_what_the_commands_give(tmp_path: Path) -> None:
    ends = ("base", "other", "difference", "low", "high")
    with served(tmp_path, "china-2022") as studio:
        studio.ask("/policies", {**STAFF, "values": {"desks.visit.staff": "500"}})
        asked = studio.ask("/studies", {**PAIR, "replicates": 1, "scale": 0.001, "draws": 2})
        *_, last = studio.states(asked["study"])
        by_command = of_command(tmp_path, asked["command"])
        (policy,) = last["answer"]["policies"]
        assert policy["kind"] == "90% intervals over 2 posterior draws"
        for row in policy["figures"]:
            assert {key: row[key] for key in ends} == {key: by_command["more", row["quantity"]][key] for key in ends}
        assert studio.send("GET", f"/studies/{asked['study']}/report", headers=studio.headers(Origin=None))[0] == 400
    (tmp_path / "short.yaml").write_text(SHORT, encoding="utf-8")
    with served(tmp_path) as studio:
        studio.ask("/policies", {**STAFF, "name": "all"})
        question = {"policies": ["all"], "scale": 0.05, "pool": "none", "replicates": 1}  # large enough for all cores
        assert studio.send("POST", "/studies", json.dumps(question).encode())[0] == 400
        asked = studio.ask("/studies", {**question, "large": True})
        states = list(studio.states(asked["study"]))
        parts = [state["part"] for state in states if not state["done"]]
        assert len(set(parts)) > 3  # a page sees how far a long run is
        by_command = of_command(tmp_path, asked["command"])
        for row in states[-1]["answer"]["policies"][0]["figures"]:
            assert row["difference"] == by_command["all", row["quantity"]]["difference"]


@pytest.mark.usefixtures("studio")
def test_a_page_never_waits_for_a_question_that_ended_by_a_mistake_of_the_program(tmp_path: Path) -> None:
    class Wrong:
        async def run(self, scenario: object) -> None:
            raise KeyError("no such thing")

        def part(self, key: str) -> float:
            return 0.0

    policies = Policies(tmp_path, "tiny")
    policies.save("more", "", {"desks.visit.staff": "340"})
    question = Question(("more",), RunSize(1.0, "none"), 1)
    study = Study(question, policies, "en")

    async def states() -> list[str]:
        study.begin(Wrong(), question.scenarios(policies))
        async with asyncio.timeout(WAITS_S):
            return [state async for state in study.events()]

    # In a thread of its own: where a browser was opened before, this one has a loop that runs.
    with ThreadPoolExecutor(1) as thread:
        last = json.loads(thread.submit(asyncio.run, states()).result()[-1].removeprefix("data: "))
    assert (last["status"], last["note"]) == ("failed", "KeyError: 'no such thing'")


@pytest.mark.slow
def test_what_a_pool_cannot_answer_is_refused_before_the_run(studio: Served) -> None:
    found = studio.ask("/check", {**OFFICERS, **SIZE})
    assert found["apart"] == ["Guangdong"]
    assert len(found["refused"]) == 1
    assert studio.ask("/check", {**OFFICERS, **SIZE, "apart": ["Guangdong"]})["refused"] == []
    assert studio.ask("/check", {**OFFICERS, **SIZE, "pool": "none", "scale": 1.0})["refused"]  # too large for a page


def test_mistakes_are_told_at_their_key(studio: Served) -> None:
    (mistake,) = studio.ask("/check", {**STAFF, **SIZE, "values": {"desks.visit.staff": "-1"}})["mistakes"]
    assert mistake["key"] == "desks.visit.staff"
    assert "from 0" in mistake["text"]


def test_a_saved_policy_opens_as_it_was(place: Path, studio: Served) -> None:
    delay = "{kind: payment_delay, window: [2022-10-15, null], intensity: 1, wait: 24 h}"
    row = {**OFFICERS, "title": "Wait?", "values": {**OFFICERS["values"], "measures.delay": delay}}
    assert studio.ask("/policies", row)["file"] == str(STUDIO / "gd.yaml")
    assert studio.ask("/policies/gd") == row
    assert "gd" in studio.ask("/policies")["policies"]
    (place / STUDIO / "other.yaml").write_text("schema: 1\nname: other\nextends: tiny\n", encoding="utf-8")
    assert studio.send("GET", "/policies/other", headers=studio.headers(Origin=None))[0] == 400


@pytest.mark.slow
def test_a_question_that_is_stopped_leaves_no_half_run(place: Path, studio: Served) -> None:
    studio.ask("/policies", {**STAFF, "name": "stopped", "values": {"desks.visit.staff": "2000"}})
    study = studio.ask("/studies", {**PAIR, "policies": ["stopped"], "replicates": 40})["study"]
    studio.ask(f"/studies/{study}/stop", {})
    *_, last = studio.states(study)
    assert last["status"] == "stopped"
    until(lambda: not [one for one in (place / STUDIO / "runs").iterdir() if one.name.startswith(".")])


@pytest.mark.usefixtures("studio")
@pytest.mark.parametrize("reads", [True, False])
def test_the_question_of_a_page_that_leaves_ends_where_python_collects_no_garbage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reads: bool
) -> None:
    from sim.studio import studies
    from sim.studio.app import Watching

    class Endless:
        async def run(self, scenario: object) -> None:
            await asyncio.Event().wait()

        def part(self, key: str) -> float:
            return 0.0

    monkeypatch.setattr(studies, "PATIENCE_S", 0.01)
    policies = Policies(tmp_path, "tiny")
    policies.save("more", "", {"desks.visit.staff": "340"})
    question = Question(("more",), RunSize(1.0, "none"), 2)
    study = Study(question, policies, "en")

    async def watched() -> None:
        seen = asyncio.Event()

        async def send(message: Any) -> None:
            if message.get("body"):
                seen.set()
                await asyncio.sleep(0 if reads else WAITS_S)

        async def receive() -> dict[str, str]:
            await seen.wait()
            await asyncio.sleep(0.01)
            return {"type": "http.disconnect"}

        study.begin(Endless(), question.scenarios(policies))
        await Watching(study.events())({"type": "http"}, receive, send)
        async with asyncio.timeout(1):
            while not study.is_over:
                await asyncio.sleep(0.01)

    gc.disable()
    try:
        # In a thread of its own: where a browser was opened before, this one has a loop that runs.
        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, watched()).result()
    finally:
        gc.enable()
    assert study.state["status"] == "stopped"


@pytest.mark.slow
def test_a_second_studio_in_the_folder_is_refused(place: Path, studio: Served) -> None:
    command = [sys.executable, "-m", "sim", "studio", "short.yaml", "--no-browser"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True, timeout=WAITS_S)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "is using it" in done.stderr


@pytest.mark.slow
def test_a_kill_loses_nothing_that_was_finished_and_keeps_nothing_that_was_not(tmp_path: Path) -> None:
    runs = tmp_path / STUDIO / "runs"
    with served(tmp_path) as studio:
        studio.ask("/policies", STAFF)
        states = studio.states(studio.ask("/studies", {**PAIR, "replicates": 40})["study"])
        first = next(state for state in states if state["done"] and state["done"] < 40)
        until(lambda: any(".unfinished-" in one.name for one in runs.iterdir()))
        studio.process.kill()
        studio.process.wait()
    half = {one.name for one in runs.iterdir() if ".unfinished-" in one.name}
    assert half
    finished = {one.name: (one / "run.json").read_bytes() for one in runs.iterdir() if not one.name.startswith(".")}
    assert len(finished) >= 2 * first["done"]
    with served(tmp_path) as again:
        assert again.ask("/policies")["policies"] == ["more"]
        assert not half & {one.name for one in runs.iterdir()}
        last = again.last({**PAIR, "replicates": first["done"]})
        assert last["status"] == "done"
        assert last["answer"] == first["answer"]
    for name, content in finished.items():
        assert (runs / name / "run.json").read_bytes() == content


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_a_studio_ends_at_once_and_says_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], number: int
) -> None:
    # While the first run compiles, a page is open, and another has sent half of a request.
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "machine-code"))
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, signal.SIG_DFL)  # under nohup the studio would ignore it, too
    with served(tmp_path) as studio:
        studio.ask("/policies", STAFF)
        states = studio.states(studio.ask("/studies", {**PAIR, "replicates": 60})["study"])
        next(states)
        host, port = studio.host.split(":")
        with socket.create_connection((host, int(port))) as line:
            head = "".join(f"{key}: {value}\r\n" for key, value in studio.headers(**{"Content-Length": "99"}).items())
            line.sendall(f"POST /policies HTTP/1.1\r\n{head}\r\n{{".encode())
            time.sleep(0.2)
            studio.process.send_signal(number)
            assert studio.process.wait(timeout=WAITS_S) == 0
    # It did not wait for the compiler.
    assert not list((tmp_path / "machine-code").rglob("*run_all_events*"))
    assert capfd.readouterr().err == ""
    assert not [one for one in (tmp_path / STUDIO / "runs").iterdir() if one.name.startswith(".")]
