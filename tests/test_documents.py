"""Documents are true to the code: examples run, links lead somewhere, versions agree, lines can be read."""

import doctest
import importlib
import re
from pathlib import Path

import pytest

import sim

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), ROOT / "benchmarks" / "README.md"])
LONGEST = 400
OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
WITH_EXAMPLES = sorted(
    path for path in (ROOT / "sim").rglob("*.py") if re.search(r"^\s*>>> ", path.read_text(encoding="utf-8"), re.M)
)


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


SOURCES = [named(path) for folder in ("sim", "tests", "benchmarks") for path in (ROOT / folder).rglob("*.py")]


def blocks(text: str, language: str) -> list[str]:
    """Return the fenced blocks of a language in a document."""
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.M | re.S)


def anchors(text: str) -> set[str]:
    """Return the anchors of a document's headings, as GitHub makes them."""
    text = re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)
    headings = re.findall(r"^#+ (.+)$", text, re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", WITH_EXAMPLES, ids=named)
def test_examples_of_docstrings_give_what_they_say(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    module = importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"))
    tests = [test for test in doctest.DocTestFinder().find(module) if test.examples]
    # None is passed over because its function is compiled or wrapped.
    assert sum(len(test.examples) for test in tests) == path.read_text(encoding="utf-8").count(">>> ")
    runner = doctest.DocTestRunner(optionflags=OPTIONS)
    for test in tests:
        assert runner.run(test).failed == 0, test.name


@pytest.mark.parametrize("path", DOCUMENTS, ids=named)
def test_examples_of_documents_give_what_they_say(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    examples = "\n".join(blocks(path.read_text(encoding="utf-8"), "pycon"))
    test = doctest.DocTestParser().get_doctest(examples, {}, named(path), str(path), 0)
    assert doctest.DocTestRunner(optionflags=OPTIONS).run(test).failed == 0


@pytest.mark.parametrize("path", DOCUMENTS, ids=named)
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)|src=\"([^\"]+)\"", path.read_text(encoding="utf-8")):
        link, _, anchor = (target[0] or target[1]).partition("#")
        if "://" in link:
            continue
        file = path.parent / link if link else path
        assert file.exists(), link
        assert not anchor or anchor in anchors(file.read_text(encoding="utf-8")), f"{link}#{anchor}"


@pytest.mark.parametrize("path", DOCUMENTS, ids=named)
def test_no_line_is_longer_than_can_be_read(path: Path) -> None:
    longest = max(path.read_text(encoding="utf-8").splitlines(), key=len)
    assert len(longest) <= LONGEST, longest


def test_the_version_is_the_same_wherever_it_stands() -> None:
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {sim.__version__}\n" in citation
    headings = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.M)
    assert headings[:2] == ["Unreleased", sim.__version__] or headings[0] == sim.__version__


def test_the_first_two_commands_of_the_readme_are_those_that_are_run_elsewhere() -> None:
    install, test = blocks((ROOT / "README.md").read_text(encoding="utf-8"), r"\w*")[:2]
    assert install == "python3 -m venv .venv && .venv/bin/pip install -q . && .venv/bin/tocsin run china-2022\n"
    assert test.startswith("python3 -m venv .venv && .venv/bin/pip install -q --no-compile -e '.[test]' && ")


def test_the_readme_can_be_read_in_a_few_minutes() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) < 120


@pytest.mark.parametrize("path", DOCUMENTS, ids=named)
def test_files_that_are_named_exist(path: Path) -> None:
    for name in set(re.findall(r"`([\w/]+\.py)`", path.read_text(encoding="utf-8"))):
        assert any(f"/{file}".endswith(f"/{name}") for file in SOURCES), name


def test_the_contents_of_the_rationale_hold_the_decisions_that_bind_and_those_are_few() -> None:
    text = (ROOT / "docs" / "rationale.md").read_text(encoding="utf-8")
    head, _, decisions = text.partition("\n## ")
    linked = set(re.findall(r"\]\(#([^)]+)\)", head))
    assert linked | anchors(text.splitlines()[0]) == anchors(text)
    assert 15 <= len(re.findall(r"^### ", decisions, re.M)) <= 30
    longest = max(re.split(r"^### ", decisions, flags=re.M), key=len)
    assert len(longest.split()) < 200, longest


def test_every_room_has_tests_in_a_folder_of_its_name() -> None:
    rooms = {path.parent.name for path in (ROOT / "sim").glob("*/__init__.py")}
    assert rooms <= {path.parent.name for path in (ROOT / "tests").glob("*/test_*.py")}
