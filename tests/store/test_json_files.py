"""Stored files are not believed before they are checked."""

import errno
import hashlib
import json
import os
from pathlib import Path

import pyarrow as pa
import pytest

from sim.base.failures import RefusedError
from sim.store import json_files as stored
from sim.store.json_files import (
    DamagedError,
    FolderError,
    demand_hashes,
    demand_regular,
    digest_of,
    is_sha256,
    read_json,
    reading,
    sha256,
)

DIGEST = hashlib.sha256(b"text").hexdigest()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_bytes(b"text")
    return path


def test_a_regular_file_and_a_link_to_one_are_read(file: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(file)
    for path in (file, tmp_path / "link"):
        demand_regular(path)
        assert sha256(path) == DIGEST


def test_what_is_no_file_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    (tmp_path / "circle").symlink_to("circle")
    for name, why in (
        ("pipe", "is not a regular file"),
        ("folder", "is not a regular file"),
        ("circle", "cannot be read: Too many levels of symbolic links"),
        ("nothing", "cannot be read: No such file or directory"),
    ):
        for ask in (demand_regular, sha256, read_json):
            with pytest.raises(DamagedError) as refused:
                ask(tmp_path / name)
            assert str(refused.value) == f"{tmp_path / name}: {why}"


def test_a_file_that_cannot_be_opened_is_damaged(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(DamagedError, match=r"cannot be read: Input/output error$"):
        sha256(file)


def test_hashes_are_those_of_files_of_the_folder_itself(file: Path, tmp_path: Path) -> None:
    demand_hashes(tmp_path, {})
    demand_hashes(tmp_path, {"file": DIGEST})
    (tmp_path / "inside").mkdir()
    for name, digest in (("file", DIGEST[::-1]), ("../" + tmp_path.name + "/file", DIGEST), (str(file), DIGEST)):
        with pytest.raises(DamagedError, match="its SHA-256 differs"):
            demand_hashes(tmp_path, {name: digest})
    with pytest.raises(DamagedError, match="cannot be read"):
        demand_hashes(tmp_path, {"file": DIGEST, "other": DIGEST})


@pytest.mark.parametrize("value", [None, 5, "", DIGEST[1:], DIGEST + "0", DIGEST.upper(), "g" * 64, [DIGEST]])
def test_what_is_no_hash(value: object) -> None:
    assert is_sha256(DIGEST)
    assert not is_sha256(value)


def test_documents_are_read_as_json_has_them(file: Path) -> None:
    for value in ({"a": [1, 2.5, None, True]}, [], 5, "text"):
        file.write_text(json.dumps(value))
        assert read_json(file) == value


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b'{"a": NaN}', b"[Infinity]", b"[-Infinity]", b"\xff", b"[" * 100_000],
    ids=["empty", "cut", "nan", "infinity", "minus", "no text", "deep"],
)
def test_documents_that_are_none_are_refused_in_a_line(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    with pytest.raises(DamagedError, match="cannot be read") as refused:
        read_json(file)
    assert "\n" not in str(refused.value)


def test_a_document_has_a_largest_size(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert stored.LARGEST_JSON == 67_108_864
    monkeypatch.setattr(stored, "LARGEST_JSON", 7)
    file.write_text("[1, 2 ]")
    assert read_json(file) == [1, 2]
    file.write_text("[1, 2  ]")
    with pytest.raises(DamagedError, match="is too large; must have at most 7 bytes"):
        read_json(file)


def test_a_digest_is_that_of_what_a_document_says() -> None:
    text = '{"a":[1,2],"b":"\u00fc"}'
    assert digest_of({"b": "\u00fc", "a": [1, 2]}) == hashlib.sha256(text.encode()).hexdigest()
    assert digest_of({"a": "\ud800"}) != digest_of({"a": "\ud801"})
    with pytest.raises(ValueError, match="JSON"):
        digest_of({"a": float("nan")})


@pytest.mark.parametrize(
    "error",
    [
        pa.ArrowInvalid("no\ntable"),
        AttributeError("x"),
        KeyError("x"),
        TypeError("x"),
        ValueError("x"),
        ZeroDivisionError("x"),
        OSError("of Arrow, without a number"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_reading_raises_is_damage(error: Exception, tmp_path: Path) -> None:
    with pytest.raises(DamagedError) as refused, reading(tmp_path):
        raise error
    assert refused.value.__cause__ is error
    assert str(refused.value).startswith(f"{tmp_path}: was not written by this program ({type(error).__name__}: ")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "error",
    [FolderError("x"), RefusedError("x"), OSError(errno.EIO, "x"), MemoryError(), KeyboardInterrupt()],
    ids=repr,
)
def test_what_is_of_the_machine_or_was_refused_stays_what_it_is(error: BaseException, tmp_path: Path) -> None:
    with pytest.raises(type(error)) as raised, reading(tmp_path):
        raise error
    assert raised.value is error
