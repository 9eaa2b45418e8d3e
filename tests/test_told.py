"""Numbers of documents have one place each: what was measured its file, what can be counted the source itself."""

import json
import re
import shutil
from pathlib import Path

import pytest

from benchmarks import told
from sim.base.version import __version__


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with all documents, as the checks then read them."""
    for path in [*told.ROOT.glob("*.md"), *(told.ROOT / "docs").glob("*.md"), told.ROOT / "benchmarks" / "README.md"]:
        target = tmp_path / path.relative_to(told.ROOT)
        target.parent.mkdir(exist_ok=True)
        shutil.copy(path, target)
    monkeypatch.setattr(told, "ROOT", tmp_path)
    return tmp_path


def test_documents_tell_what_was_measured_and_counted() -> None:
    assert list(told.missing()) == []


def test_no_document_tells_an_amount_of_time_or_memory_of_its_own() -> None:
    assert list(told.others()) == []
    assert all(told.RECORDS.values())
    assert all((told.ROOT / name).exists() for name in (*told.TOLD, *told.RECORDS))


def test_another_measurement_makes_every_document_that_tells_it_wrong_until_it_is_mended(
    copied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = json.loads(told.FILE.read_text(encoding="utf-8"))
    found["growth"]["series"]["scale"][-1]["peak_bytes"] *= 2
    (copied / "table.json").write_text(json.dumps(found), encoding="utf-8")
    monkeypatch.setattr(told, "FILE", copied / "table.json")
    wrong = {name for name, _ in told.missing()}
    assert wrong == {name for name, sentences in told.TOLD.items() if "{country_gb}" in "".join(sentences)}
    before = (copied / "README.md").read_text(encoding="utf-8")
    told.write()
    assert (list(told.missing()), list(told.others())) == ([], [])
    doubled = f"{found['growth']['series']['scale'][-1]['peak_bytes'] / 1e6:,.0f}"
    assert doubled in (copied / "docs" / "scale.md").read_text(encoding="utf-8")
    after = (copied / "README.md").read_text(encoding="utf-8")
    parted = [(one, other) for one, other in zip(before.splitlines(), after.splitlines(), strict=True) if one != other]
    assert len(parted) == 1


def test_another_number_in_a_document_is_found(copied: Path) -> None:
    assert (list(told.missing()), list(told.others())) == ([], [])
    readme = copied / "README.md"
    text = readme.read_text(encoding="utf-8")
    readme.write_text(text + "\nIt needs 3.1 GB, and takes 90 to 140 s.\n", encoding="utf-8")
    assert list(told.others()) == [("README.md", "3.1 GB"), ("README.md", "90 to 140 s")]
    (days,) = re.findall(r"in\s(\d+) days of warm-up", text)
    readme.write_text(text.replace(f"{days} days of warm-up", "14 days of warm-up"), encoding="utf-8")
    assert [name for name, _ in told.missing()] == ["README.md"]


def test_a_measurement_says_when_on_what_and_of_which_version() -> None:
    for name, found in told.measured().items():
        assert set(found["about"]) == {"date", "machine", "load", "version", "sources", "size", "before"}, name


def test_a_table_of_benchmarks_is_of_this_version_or_not_shown() -> None:
    about = {"date": "", "machine": "one", "load": 0.0, "sources": "", "size": "full", "before": ""}
    rows = [{"key": "start", "measured": [70.0], "ratio": [7.0], "before": []}]
    found = {"table": {"about": {**about, "version": __version__}, "rows": rows}}
    assert "| tocsin --help | 70 ms | 7 empty Python |" in told.of_benchmarks(found)
    found["table"]["about"]["version"] = "0.0"
    assert told.of_benchmarks(found) == told.of_benchmarks({}) == told.NOT_YET
