"""Folders of caches: beside the sources or with the user, and not missed where they cannot be."""

import os
import time
from pathlib import Path

import pytest

from sim.base import caches
from sim.base.caches import cache_folder


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(caches, "PACKAGE", tmp_path / "package")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "users"))
    return tmp_path / "package"


def test_where_nothing_can_be_written_there_is_no_folder(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package.parent.joinpath("users").write_text("a file where the folder should be")
    package.write_text("another")
    assert cache_folder("texts", "0" * 64) is None
    # Nor is there a home.
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setattr(Path, "home", lambda: (_ for _ in ()).throw(RuntimeError("no home")))
    assert cache_folder("texts", "0" * 64) is None


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
