"""Stored files are not believed before they are checked."""

import hashlib
import json
from pathlib import Path

import pytest

from sim.store.folder import DamagedError, demand_hashes, digest_of, read_json

DIGEST = hashlib.sha256(b"text").hexdigest()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_bytes(b"text")
    return path


def test_hashes_are_those_of_files_of_the_folder_itself(file: Path, tmp_path: Path) -> None:
    demand_hashes(tmp_path, {})
    demand_hashes(tmp_path, {"file": DIGEST})
    (tmp_path / "inside").mkdir()
    for name, digest in (("file", DIGEST[::-1]), ("../" + tmp_path.name + "/file", DIGEST), (str(file), DIGEST)):
        with pytest.raises(DamagedError, match="its SHA-256 differs"):
            demand_hashes(tmp_path, {name: digest})
    with pytest.raises(DamagedError, match="cannot be read"):
        demand_hashes(tmp_path, {"file": DIGEST, "other": DIGEST})


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


def test_a_digest_is_that_of_what_a_document_says() -> None:
    text = '{"a":[1,2],"b":"\u00fc"}'
    assert digest_of({"b": "\u00fc", "a": [1, 2]}) == hashlib.sha256(text.encode()).hexdigest()
    assert digest_of({"a": "\ud800"}) != digest_of({"a": "\ud801"})
    with pytest.raises(ValueError, match="JSON"):
        digest_of({"a": float("nan")})
