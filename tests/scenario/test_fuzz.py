"""Whatever a file holds, loading it gives a scenario or a ScenarioError of single lines, and soon."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sim.scenario import ScenarioError, load_scenario
from sim.scenario.load import validate
from sim.scenario.reading import to_yaml

SMALL = Path(__file__).parent / "invalid" / "base" / "small.yaml"
QUICK = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
SLOWER = settings(QUICK, max_examples=40)

KEYS = st.sampled_from(
    [
        "schema",
        "name",
        "title",
        "period",
        "seed",
        "scale",
        "clock",
        "population",
        "fraud",
        "desks",
        "call",
        "staff",
        "shifts",
        "measures",
        "figures",
        "value",
        "origin",
        "range",
        "basis",
        "extends",
        "kind",
        "window",
        "calibration",
        "draws",
        "lognormal",
        "median",
    ]
) | st.text(max_size=6)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12)
    | st.sampled_from(["45 min", "3 per day", "2022-01-01", "on", "law", "assumed", "small.yaml", "x.csv", "../x.csv"])
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=5), max_leaves=25
)
PIECES = """
a|b:|- |[|]|{|}|,|: |&x |*x|!!str |! |'|"|>|#|? |<<|~|.nan|extends: |small.yaml|seed: |value: |range: |\\|é
"""
BREAKS = [" ", "  ", "\n", "\t", "|\n", "---\n", "...\n", "%YAML 1.1\n", "\r", "\u2028", "\ufeff", "\x85"]
FRAGMENTS = st.lists(st.sampled_from(PIECES.strip("\n").split("|") + BREAKS), max_size=40).map("".join)


def must_be_told(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    for mistake in validate(str(path)):
        line = str(mistake)
        assert line.isprintable()
        at = mistake.place
        assert line.startswith(f"{at.file}:{at.line}:{at.column}: ")
        assert "; " in line
        assert at.line >= 1
        assert at.column >= 1


@given(st.binary(max_size=200))
@QUICK
def test_random_bytes(tmp_path: Path, content: bytes) -> None:
    must_be_told(tmp_path / "random.yaml", content)


@given(FRAGMENTS)
@example("? [a]\n: b")
@example("a: !<")
@example("&")
@QUICK
def test_random_fragments_of_yaml(tmp_path: Path, text: str) -> None:
    must_be_told(tmp_path / "random.yaml", text.encode())


@given(st.dictionaries(KEYS, VALUES, max_size=6))
@SLOWER
def test_random_maps(tmp_path: Path, content: dict[str, Any]) -> None:
    must_be_told(tmp_path / "random.yaml", to_yaml(content).encode("utf-8", "surrogatepass"))


@pytest.mark.slow
@given(st.dictionaries(KEYS, VALUES, max_size=6))
@QUICK
def test_many_more_random_maps(tmp_path: Path, content: dict[str, Any]) -> None:
    must_be_told(tmp_path / "random.yaml", to_yaml(content).encode("utf-8", "surrogatepass"))


@given(st.dictionaries(KEYS, VALUES, max_size=4))
@SLOWER
def test_random_changes_of_a_valid_scenario(tmp_path: Path, content: dict[str, Any]) -> None:
    base = tmp_path / "small.yaml"
    if not base.exists():
        base.write_bytes(SMALL.read_bytes())
    content["extends"] = "small.yaml"
    must_be_told(tmp_path / "random.yaml", to_yaml(content).encode("utf-8", "surrogatepass"))


@given(
    st.dictionaries(
        st.lists(KEYS | st.sampled_from(["0", "99", "-1", "provinces", "law"]), max_size=4).map(".".join),
        FRAGMENTS | st.text(max_size=20),
        max_size=3,
    )
)
@example({"population.provinces.0": "3"})
@example({"": ""})
@SLOWER
def test_random_settings(overrides: dict[str, str]) -> None:
    assert all(str(mistake).isprintable() for mistake in validate(str(SMALL), overrides))


@pytest.mark.parametrize(
    "name", ["", "/", "/dev/zero", "/dev/null", "a\0b.yaml", "x" * 5000, "x" * 5000 + ".yaml", "a\nb"]
)
def test_names_that_are_no_scenario(name: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        load_scenario(name)
    assert str(caught.value).isprintable()
