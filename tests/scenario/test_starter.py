"""What ``tocsin new`` writes is a scenario; each of its levers can be uncommented, and changes nothing by itself."""

import json
import re
from pathlib import Path

import pytest

from sim.base.failures import UsageError
from sim.cli.scenarios import SCHEMA_FILE, begin
from sim.scenario import load_scenario
from sim.scenario.guide import json_schema
from sim.scenario.resolved import plain

BASES = ["china-2022", "tiny", "more-officers"]
MEASURE = re.compile(r"#   my-")


def lines_of(base: str, folder: Path) -> list[str]:
    begin("mine", base, folder)
    return (folder / "mine.yaml").read_text(encoding="utf-8").splitlines()


def is_lever(line: str) -> bool:
    return re.match(r"# +[\w\"-]+:(?= |$)", line) is not None and not line.startswith("# yaml-language-server")


def has_value(line: str) -> bool:
    return is_lever(line) and not line.endswith(":")


def holders(lines: list[str], number: int) -> set[int]:
    """Return the numbers of the lines under which a line is indented."""
    found, indent = set(), len(lines[number][2:]) - len(lines[number][2:].lstrip())
    for above in range(number - 1, -1, -1):
        own = len(lines[above][2:]) - len(lines[above][2:].lstrip())
        if is_lever(lines[above]) and own < indent:
            found.add(above)
            indent = own
    return found


def prose_above(lines: list[str], number: int) -> str:
    """Return the comment of a line, in one line."""
    line = lines[number]
    indent = line[: len(line) - len(line[2:].lstrip())]
    prose, above = "", number - 1
    while lines[above].startswith(f"{indent}# "):
        prose, above = f"{lines[above][len(indent) + 2 :]} {prose}", above - 1
    return prose.strip()


def written(lines: list[str], uncommented: set[int], path: Path) -> str:
    text = "\n".join(line[2:] if number in uncommented else line for number, line in enumerate(lines))
    path.write_text(f"{text}\n", encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("base", BASES)
def test_nothing_is_changed_before_a_lever_is_used(base: str, tmp_path: Path) -> None:
    lines_of(base, tmp_path)
    own, old = (load_scenario(name).resolved for name in (str(tmp_path / "mine.yaml"), base))
    assert {**own, "name": "", "title": ""} == {**old, "name": "", "title": ""}


@pytest.mark.slow
@pytest.mark.parametrize("base", ["china-2022", "tiny"])
def test_each_lever_can_be_uncommented_and_all_of_them(base: str, tmp_path: Path) -> None:
    lines = lines_of(base, tmp_path)
    levers = [number for number, line in enumerate(lines) if has_value(line)]
    assert len(levers) >= 18
    before = plain(load_scenario(base).resolved)
    for number in levers:
        used = {number, *holders(lines, number)}
        after = plain(load_scenario(written(lines, used, tmp_path / "used.yaml")).resolved)
        differ = {key for key in before if key not in ("name", "title", "policy_of") and before[key] != after[key]}
        assert differ <= {lines[min(used)][2:].partition(":")[0]}
        if not MEASURE.match(lines[number]) and "by_province" not in "".join(lines[n] for n in used):
            added = prose_above(lines, number).endswith(f"{base} has none; the value is only an example.")
            assert bool(differ) == added or lines[number].split(":")[0].strip("# ") == "scale", lines[number]
    everything = {number for number, line in enumerate(lines) if line.startswith("# ") and number}
    scenario = load_scenario(written(lines, everything, tmp_path / "all.yaml"))
    assert {"my-sms-filter", "my-bank-holds"} <= set(scenario.spec.measures)


@pytest.mark.parametrize("base", BASES)
def test_each_lever_is_explained_with_what_is_and_what_may_be(base: str, tmp_path: Path) -> None:
    lines = lines_of(base, tmp_path)
    for number, line in enumerate(lines):
        if not has_value(line):
            continue
        prose = prose_above(lines, number)
        assert prose.endswith("."), line
        if line.split(":")[0].strip("# ") != "scale":
            assert base in prose or "example" in prose, line


def test_the_first_line_names_the_schema_beside_it(tmp_path: Path) -> None:
    first, *_ = lines_of("tiny", tmp_path)
    assert first == f"# yaml-language-server: $schema={SCHEMA_FILE}"
    assert json.loads((tmp_path / SCHEMA_FILE).read_text(encoding="utf-8")) == json_schema()
    assert begin("other", "tiny", tmp_path) == [tmp_path / "other.yaml"], "the schema is there and the same"


@pytest.mark.parametrize("name", ["a b", "", "../x", "x.yaml", "-x", "china-2022", "x" * 81])
def test_what_is_no_name_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="tocsin new: "):
        begin(name, "tiny", tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_file_that_is_there_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="exists; use another name"):
        begin("mine", "tiny", tmp_path)
    assert [path.read_text(encoding="utf-8") for path in tmp_path.iterdir()] == ["mine"]


def test_a_base_of_ones_own_is_named_by_its_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    begin("first", "tiny", Path())
    begin("second", "first.yaml", Path())
    assert load_scenario("second.yaml").spec.population.provinces == load_scenario("tiny").spec.population.provinces
    with pytest.raises(UsageError, match="lies outside this folder"):
        begin("third", "../first.yaml", Path())


def test_a_base_is_a_file_of_the_folder_wherever_one_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "base.yaml").write_text("extends: tiny\nname: base\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    begin("mine", "base.yaml", tmp_path / "own")
    assert load_scenario(str(tmp_path / "own" / "mine.yaml")).spec.name == "mine"
