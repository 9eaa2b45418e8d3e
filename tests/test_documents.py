"""Documents are true to the code: examples run, links lead somewhere, lists and numbers agree."""

import doctest
import importlib
import re
from pathlib import Path
from unittest.mock import Mock

import pytest

import sim
from benchmarks import told
from sim.base.days import day_number
from sim.base.words import Channel, ContactChannel, Detector
from sim.country.calendar import Calendar
from sim.country.people import people_tables
from sim.country.provinces import Provinces
from sim.engines.tables import Phase
from sim.gangs import effort
from sim.midnight.night import Night
from sim.shield.answering import answering_tables
from tools.references import PAGES

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), ROOT / "benchmarks" / "README.md"])
OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
WITH_EXAMPLES = sorted(
    path for path in (ROOT / "sim").rglob("*.py") if re.search(r"^\s*>>> ", path.read_text(encoding="utf-8"), re.M)
)


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


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


@pytest.mark.parametrize("path", [path for path in DOCUMENTS if "```pycon" in path.read_text("utf-8")], ids=named)
def test_examples_of_documents_give_what_they_say(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    examples = "\n".join(blocks(path.read_text(encoding="utf-8"), "pycon"))
    test = doctest.DocTestParser().get_doctest(examples, {}, named(path), str(path), 0)
    assert doctest.DocTestRunner(optionflags=OPTIONS).run(test).failed == 0


def test_links_lead_somewhere() -> None:
    lost = []
    for path in DOCUMENTS:
        for target in re.findall(r"\]\(([^)\s]+)\)|src=\"([^\"]+)\"", path.read_text(encoding="utf-8")):
            link, _, anchor = (target[0] or target[1]).partition("#")
            file = path.parent / link if link else path
            if "://" not in link and (
                not file.exists() or (anchor and anchor not in anchors(file.read_text(encoding="utf-8")))
            ):
                lost.append(f"{named(path)}: {link}#{anchor}")
    assert lost == []


@pytest.mark.parametrize("page", PAGES)
def test_references_of_the_site_can_be_written(page: str) -> None:
    assert PAGES[page]().startswith("# ")


def test_the_python_reference_has_all_names() -> None:
    listed = re.findall(r"^\.\. auto\w+:: sim\.(\w+)$", (ROOT / "docs" / "api.md").read_text(encoding="utf-8"), re.M)
    assert sorted(listed) == sorted(name for name in sim.__all__ if name != "__version__")


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


COUNTS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
"""Numbers as they are written in a sentence."""


def document(name: str) -> str:
    return (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")


def test_the_model_lists_the_components_of_a_midnight_in_their_order() -> None:
    spec = sim.load_scenario("tiny").spec
    provinces = Provinces.of(spec)
    tables = answering_tables(spec, people_tables(spec))
    night = Night(spec, provinces, tables, Calendar.of(spec.period), Mock())
    names = [component.name for component in night.components if component.name != "filings"]  # which only counts
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


@pytest.mark.slow
def test_documents_tell_what_was_measured() -> None:
    assert list(told.missing()) == [], "python -m benchmarks.told --write"


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
