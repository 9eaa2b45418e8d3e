"""Caches: kept and found again, never believed when damaged, and not missed where they cannot be."""

import os
import time
from pathlib import Path

import pytest

from sim.base import caches
from sim.base.caches import FileCache, cache_folder


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(caches, "PACKAGE", tmp_path / "package")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "users"))
    return tmp_path / "package"


def test_what_is_kept_is_found_and_nothing_else(tmp_path: Path) -> None:
    kept = FileCache(tmp_path)
    kept.put("ab", b"value")
    assert kept.get("ab") == b"value"
    assert kept.get("cd") is None
    assert [file.name for file in tmp_path.iterdir()] == ["ab"]


@pytest.mark.parametrize("damage", [lambda data: data[:-1], lambda data: data[:-1] + b"?", lambda _: b""])
def test_what_is_damaged_is_not_there(damage, tmp_path: Path) -> None:
    kept = FileCache(tmp_path)
    kept.put("ab", b"value")
    (tmp_path / "ab").write_bytes(damage((tmp_path / "ab").read_bytes()))
    assert kept.get("ab") is None
    kept.put("ab", b"value")
    assert kept.get("ab") == b"value"


def test_where_nothing_can_be_written_nothing_is_kept(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package.parent.joinpath("users").write_text("a file where the folder should be")
    package.write_text("another")
    assert cache_folder("texts", "0" * 64) is None
    # Nor is there a home.
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setattr(Path, "home", lambda: (_ for _ in ()).throw(RuntimeError("no home")))
    assert cache_folder("texts", "0" * 64) is None
    FileCache(None).put("ab", b"value")
    FileCache(package / "gone").put("ab", b"value")
    assert FileCache(None).get("ab") is None


def test_a_folder_lies_beside_the_sources_or_with_the_user(package: Path) -> None:
    package.mkdir()
    assert cache_folder("texts", "ab" * 32) == package / "__pycache__" / f"texts-{'ab' * 8}"
    (package / "__pycache__").rename(package / "before")
    (package / "__pycache__").write_text("no folder")
    assert cache_folder("texts", "ab" * 32) == package.parent / "users" / "tocsin" / f"texts-{'ab' * 8}"


def test_folders_of_other_sources_go_when_nobody_has_used_them_for_a_day(package: Path) -> None:
    package.mkdir()
    folders = [cache_folder(kind, digit * 64) for kind, digit in (("texts", "0"), ("texts", "1"), ("kernels", "0"))]
    before = time.time() - 90_000
    for folder in folders[1:]:
        assert folder is not None
        os.utime(folder, (before, before))
    cache_folder("texts", "2" * 64)
    assert [folder.exists() for folder in folders if folder] == [True, False, True]


def test_of_many_values_those_used_last_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(caches, "MOST_FILES", 3)
    kept = FileCache(tmp_path)
    for second, key in enumerate("abc"):
        kept.put(key, key.encode())
        os.utime(tmp_path / key, (second, second))
    assert kept.get("a") == b"a"  # used now
    kept.put("d", b"d")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a", "c", "d"]
