"""Names of files and of things, however odd: read, or refused in one line before anything is computed."""

from pathlib import Path

import pytest

from sim.scenario import ScenarioError, load_scenario
from sim.scenario.load import validate
from sim.scenario.reading import MAX_BYTES

SMALL = Path(__file__).parent / "invalid" / "base" / "small.yaml"
HEAD = "schema: 1\nname: x\ntitle: t\n"
LONG = "n" * 300


def told(path: Path) -> str:
    """Return the one line that is told of a scenario."""
    (line,) = map(str, validate(str(path)))
    assert line.isprintable()
    return line.removeprefix(f"{path}:")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a small scenario and circles of links."""
    (tmp_path / "small.yaml").write_bytes(SMALL.read_bytes())
    for one, other in (("one.yaml", "other.yaml"), ("one.csv", "other.csv"), ("one", "other")):
        (tmp_path / one).symlink_to(other)
        (tmp_path / other).symlink_to(one)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("one", "cannot be found"),
        ("one/x", "cannot be found"),
        (LONG, "cannot be found: File name too long"),
        (f"{LONG}/x", "cannot be found: File name too long"),
        ('"\\ud800', "cannot be found"),
    ],
)
@pytest.mark.parametrize("key", ["extends", "warning.confusion", "calibration.draws"])
def test_files_that_cannot_be_are_told_where_they_are_named(name: str, what: str, key: str, folder: Path) -> None:
    suffix = ".yaml" if key == "extends" else ".csv"
    quoted = f'{name}{suffix}"' if name.startswith('"') else name + suffix
    outer, _, inner = key.partition(".")
    text = f"extends: {quoted}\n" if not inner else f"extends: small.yaml\n{outer}: {{{inner}: {quoted}}}\n"
    (folder / "x.yaml").write_text(HEAD + text)
    line = told(folder / "x.yaml")
    assert f" {key}: " in line
    assert what in line


@pytest.mark.parametrize("name", ["one.yaml", "one/x.yaml", "one", f"{LONG}.yaml", LONG, "\ud800.yaml", "a\0b.yaml"])
def test_scenarios_that_cannot_be_are_told(name: str, folder: Path) -> None:
    with pytest.raises(ScenarioError) as caught:
        load_scenario(str(folder / name))
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("name", ["a\\nb", "\\u001b[31m", "", "\\ud800", "x" * 81])
@pytest.mark.parametrize("key", ["surges", "types"])
def test_names_of_types_and_surges_are_words_of_one_line(name: str, key: str, folder: Path) -> None:
    surge = "{window: [2022-01-01, 2022-01-02], factor: 2}"
    (folder / "x.yaml").write_text(f'{HEAD}extends: small.yaml\nfraud: {{{key}: {{"{name}": {surge}}}}}\n')
    lines = list(map(str, validate(str(folder / "x.yaml"))))
    assert any("is not a valid name" in line for line in lines)
    assert all(line.isprintable() for line in lines)


def test_a_scenario_that_resolves_to_more_than_can_be_read_is_refused_before_it_is_run(folder: Path) -> None:
    long = "x" * 20_000
    rows = "".join(f"  - {{name: women_among_victims, range: [0, 1], basis: {long}}}\n" for _ in range(30))
    figures = "".join(
        f"  - {{name: victims, window: [2022-02-01, 2022-02-02], role: predicted, source: {long}}}\n" for _ in range(30)
    )
    (folder / "base.yaml").write_text(f"{HEAD}extends: small.yaml\nevidence:\n{rows}")
    (folder / "x.yaml").write_text(f"{HEAD}extends: base.yaml\nfigures:\n{figures}")
    assert validate(str(folder / "base.yaml")) == []
    assert len((folder / "x.yaml").read_bytes()) < MAX_BYTES
    assert (
        "scenario: with all files that it extends and names, the file is too large; must have at most 1,048,576 bytes"
        in (told(folder / "x.yaml"))
    )
    # What is just small enough can be run from its own resolved file.
    resolved = load_scenario(str(folder / "base.yaml"))
    (folder / "resolved.yaml").write_text(resolved.yaml())
    assert load_scenario(str(folder / "resolved.yaml")).sha256 == resolved.sha256
