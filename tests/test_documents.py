"""Documents are true to the code: examples run, links lead somewhere, lists and numbers agree, lines can be read."""

import doctest
import importlib
import json
import re
from pathlib import Path
from unittest.mock import Mock

import pytest

import sim
from sim.base.days import day_number
from sim.base.words import Channel, ContactChannel, Detector
from sim.country.calendar import Calendar
from sim.country.people import people_tables
from sim.country.provinces import Provinces
from sim.engines.phases import Phase
from sim.gangs import effort
from sim.midnight.night import Night
from sim.shield.answering import answering_tables
from sim.store.tables import TABLES

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
    run = "tocsin run china-2022 --scale 0.005 --pool country"
    assert install == f"python3 -m venv .venv && .venv/bin/pip install -q --no-compile . && .venv/bin/{run}\n"
    assert test.startswith("python3 -m venv .venv && .venv/bin/pip install -q --no-compile -e '.[test]' && ")


def test_the_readme_can_be_read_in_a_few_minutes() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) < 120


@pytest.mark.parametrize("path", [path for path in DOCUMENTS if path.stem != "rationale-archive"], ids=named)
def test_files_that_are_named_exist(path: Path) -> None:
    text, _, _ = path.read_text(encoding="utf-8").partition("\n## Recipes\n")  # they name files yet to be written
    for name in set(re.findall(r"`([\w/]+\.py)`", text)):
        assert any(f"/{file}".endswith(f"/{name}") for file in SOURCES), name


COUNTS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
"""Numbers as they are written in a sentence."""

KEEPERS = {"remainders", "changes", "filings"}
"""Components of a midnight that keep or count values and change nothing."""

WITHOUT_READER = {
    "cli": "written from the commands",
    "scenario": "written from the schema",
    "tables": "written from the tables",
    "bounds": "written from the bounds",
    "fit-china-2022": "written by `tocsin calibrate`",
}
"""Pages that a command writes, so that no sentence says for whom they are."""


def document(name: str) -> str:
    return (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", sorted((ROOT / "docs").glob("*.md")), ids=named)
def test_a_page_begins_with_its_readers_and_what_they_can_do_after_it(path: Path) -> None:
    if path.stem not in WITHOUT_READER:
        paragraphs = path.read_text(encoding="utf-8").split("\n\n")
        assert re.match(r"\*?For \w", paragraphs[1]), paragraphs[1]
        assert len(re.findall(r"\.\*?\s", paragraphs[1])) > 0, "a second sentence says what for"


def test_no_example_sums_a_table_of_a_sample_as_if_it_were_the_country() -> None:
    tables = "|".join(name for name, table in TABLES.items() if not table.is_log)
    bare = re.compile(rf"^(?!.*scale).*\b(?:run|base|policy|other)\.(?:{tables})\b.*\.sum\(.*", re.M)
    sources = {path: path.read_text(encoding="utf-8") for path in (ROOT / "sim").rglob("*.py")}
    shown = {path: "\n".join(re.findall(r"^ *>>> .*", source, re.M)) for path, source in sources.items()}
    shown |= {path: path.read_text(encoding="utf-8") for path in DOCUMENTS}
    for path in (ROOT / "results").glob("*.ipynb"):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        shown[path] = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    assert {path.name: found for path, text in shown.items() if (found := bare.findall(text))} == {}


def test_the_model_lists_the_components_of_a_midnight_in_their_order() -> None:
    spec = sim.load_scenario("tiny").spec
    provinces = Provinces.of(spec)
    tables = answering_tables(spec, people_tables(spec))
    night = Night(spec, provinces, tables, Calendar.of(spec.period), Mock())
    names = [component.name for component in night.components if component.name not in KEEPERS]
    _, _, section = document("model").partition("\n### Midnight\n")
    section, _, _ = section.partition("\n### ")
    assert re.findall(r"^\d+\. `(\w+)`", section, re.M) == names
    assert f"{COUNTS[len(names)].capitalize()} components change it" in " ".join(section.split())


def test_the_model_has_the_codes_of_words_and_the_phases_of_a_tick() -> None:
    text = " ".join(document("model").split())
    for words, title in ((Channel, "channels of attempts"), (Detector, "detectors")):
        codes = ", ".join(f"`{word.label}` {word.value}" for word in words)
        assert f"{title} {codes}" in text
    codes = ", ".join(f"`{word.label}` {word.value}" for word in ContactChannel)
    assert f"channels of contacts {codes}" in text
    numbers = [int(number) for number in re.findall(r"^\| (\d) \| [a-z ]+ \|", document("model"), re.M)]
    assert numbers == [int(phase) for phase in Phase]


def test_documents_count_what_the_flagship_has() -> None:
    scenario = sim.load_scenario("china-2022")
    spec, sources = scenario.spec, scenario.sources
    calendar = Calendar.of(spec.period)
    warmup = day_number(spec.period.start) - calendar.first
    assert f"{warmup} days of warm-up and {calendar.last + 1 - calendar.first - warmup} days" in document("model")
    calibrated = sum(source.target is not None for source in sources.values())
    ranges = sum(source.range is not None and not key.startswith("costs.") for key, source in sources.items())
    text = " ".join(document("calibration").split())
    assert f"Of them {calibrated} are calibrated" in text
    assert f"a posterior of all {ranges} numbers with a range" in text
    assert f"All {len(spec.evidence)} rows of evidence" in text
    added = re.search(r"(\d+) episodes\s+\(`(\w+)`", document("model"))
    assert added is not None
    assert int(added.group(1)) == getattr(effort, added.group(2))


def test_the_decorators_of_compiled_code_are_those_that_there_are() -> None:
    named_here = re.findall(r"^\| `(\w+)` \|", document("kernels"), re.M)
    source = (ROOT / "sim" / "draws" / "compiled.py").read_text(encoding="utf-8")
    assert named_here == re.findall(r"^def (\w+)\(function: F\) -> F:", source, re.M)
    assert f"## {COUNTS[len(named_here)].capitalize()} decorators" in document("kernels")


def test_contributing_names_every_room() -> None:
    rooms = {path.parent.name for path in (ROOT / "sim").glob("*/__init__.py")}
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    listed = re.search(r"^## Where code lives\n(.*?)^## ", text, re.M | re.S)
    assert listed is not None
    assert rooms <= set(re.findall(r"`(\w+)`", listed.group(1)))


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
