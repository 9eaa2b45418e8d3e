"""Only the page that its owner opened may ask a studio, and nothing large; nothing is written outside its folder."""

import json
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.studio.served import SIZE, STAFF, STUDIO, Served

POLICY = json.dumps(STAFF).encode()


def files(place: Path) -> set[str]:
    """Return all files of a folder but those of runs in progress."""
    found = (one.relative_to(place).as_posix() for one in place.rglob("*") if one.is_file())
    return {one for one in found if not one.startswith((STUDIO / "runs").as_posix())}


@pytest.fixture
def kept(place: Path, studio: Served) -> object:
    """Fail if a test leaves a file that was not there."""
    before = files(place)
    yield
    assert files(place) == before


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 403),
        ({"Host": "127.0.0.1"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": None}, 403),
        ({"Cookie": None}, 403),
        ({"Cookie": "tocsin-1=x"}, 403),
        ({"Content-Type": "text/plain"}, 415),
    ],
)
def test_a_request_from_elsewhere_is_refused(studio: Served, headers: dict[str, str | None], status: int) -> None:
    assert studio.send("POST", "/policies", POLICY, studio.headers(**headers))[0] == status


def test_what_another_page_reads_is_refused(studio: Served) -> None:
    for path in ("/", "/policies", "/studio.js"):
        assert studio.send("GET", path, headers=studio.headers(Origin="http://evil.example"))[0] == 403
        assert studio.send("GET", path, headers=studio.headers(Host="evil.example", Origin=None))[0] == 403
        assert studio.send("GET", path, headers=studio.headers(Cookie=None, Origin=None))[0] == 403
        assert studio.send("GET", path, headers=studio.headers(Origin=None))[0] == 200


def test_the_token_opens_the_page_once_and_a_wrong_one_does_not(studio: Served) -> None:
    plain = {"Host": studio.host}
    assert studio.send("GET", f"/?token={studio.token}", headers=plain)[0] == 303
    assert studio.send("GET", "/?token=wrong", headers=plain)[0] == 403
    assert studio.send("GET", f"/policies?token={studio.token}", headers=plain)[0] == 403


@pytest.mark.usefixtures("kept")
def test_a_large_body_is_refused_with_or_without_its_length(studio: Served) -> None:
    large = json.dumps({**STAFF, "title": "x" * 70_000}).encode()
    assert studio.send("POST", "/policies", large)[0] == 413
    chunked = {**studio.headers(), "Transfer-Encoding": "chunked"}
    head = "".join(f"{key}: {value}\r\n" for key, value in chunked.items())
    host, port = studio.host.split(":")
    with socket.create_connection((host, int(port)), timeout=60) as line:
        line.sendall(f"POST /policies HTTP/1.1\r\n{head}\r\n".encode())
        line.sendall(f"{len(large):x}\r\n".encode() + large + b"\r\n0\r\n\r\n")
        assert line.recv(100).startswith(b"HTTP/1.1 413 ")


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize(
    "name", ["../out", "..", ".hidden", "a/b", "/tmp/out", "a\\b", "a\n", "", "x.yaml", "china-2022"]
)
def test_no_name_of_a_policy_leads_out_of_the_folder(studio: Served, name: str) -> None:
    status, content = studio.send("POST", "/policies", json.dumps({**STAFF, "name": name}).encode())
    assert status == 400
    assert json.loads(content)["lines"][0].partition(";")[2]  # it says what is allowed
    for path in (f"/policies/{name.replace('/', '%2f').replace(chr(10), '%0a')}", "/policies/..%2f..%2fshort.yaml"):
        assert studio.send("GET", path, headers=studio.headers(Origin=None))[0] in (400, 404) or not name


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize(
    "row",
    [
        {"values": {"extends": "../../secret.yaml"}},
        {"values": {"name": "other"}},
        {"values": {"desks.visit.staff": "3400", "desks.visit": "null"}},
        {"values": {"population.provinces": "/etc/passwd"}},
        {"values": {"desks.visit.staff": "[1"}},
        {"values": ["desks"]},
        {"values": {"desks.visit.staff": 3400}},
        {"values": {f"a{number}": "1" for number in range(300)}},
        {"values": {".".join(["a"] * 3_000): "1"}},
        {"name": 7},
    ],
)
def test_what_is_no_policy_is_refused_in_one_line(studio: Served, row: dict[str, object]) -> None:
    status, content = studio.send("POST", "/policies", json.dumps({**STAFF, **row}).encode())
    assert status == 400, content
    assert all("\n" not in line for line in json.loads(content)["lines"])


def test_what_the_disk_refuses_is_told(place: Path, studio: Served) -> None:
    studio.ask("/check", {**STAFF, **SIZE})
    draft = place / STUDIO / ".draft.yaml"
    draft.mkdir()
    try:
        status, content = studio.send("POST", "/check", json.dumps({**STAFF, **SIZE}).encode())
    finally:
        draft.rmdir()
    assert status == 507
    assert json.loads(content)["lines"] == [f"{STUDIO / draft.name}: Is a directory"]


def test_two_pages_save_the_same_policy_at_the_same_moment(studio: Served) -> None:
    with ThreadPoolExecutor(8) as pages:
        assert {one[0] for one in pages.map(lambda _: studio.send("POST", "/policies", POLICY), range(8))} == {200}


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"[" * 60_000, b"\xff", b"NaN"])
def test_what_is_no_map_is_refused(studio: Served, body: bytes) -> None:
    assert studio.send("POST", "/policies", body)[0] == 400


@pytest.mark.parametrize(
    "row",
    [
        {"policies": []},
        {"policies": ["more"] * 2},
        {"policies": ["a", "b", "c", "d", "e"]},
        {"policies": ["../short"]},
        {"policies": ["nobody"]},
        {"policies": ["more"], "replicates": 0},
        {"policies": ["more"], "replicates": 1000},
        {"policies": ["more"], "replicates": True},
        {"policies": ["more"], "scale": "1"},
        {"policies": ["more"], "scale": 7},
        {"policies": ["more"], "scale": 10**400},
        {"policies": ["more"], "pool": "world"},
        {"policies": ["more"], "pool": "regions", "apart": ["Guangdong"]},
        {"policies": ["more"], "scale": 1, "pool": "none"},
    ],
)
def test_what_no_command_asks_is_refused_before_a_run(studio: Served, row: dict[str, object]) -> None:
    studio.ask("/policies", STAFF)
    status, content = studio.send("POST", "/studies", json.dumps({**SIZE, **row}).encode())
    assert status == 400, content
