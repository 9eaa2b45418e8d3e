"""Nodes know their places, scalars follow the core schema, and nothing grows without bound."""

from collections.abc import Iterator

import pytest
import yaml

from sim.scenario.errors import Place, ScenarioError
from sim.scenario.reading import MAX_BYTES, decode, plain_scalar, read_nodes

HERE = Place("here.yaml", 1, 1)
TEXT = """\
a: 1
b:
  c: [x, {d: 2.5}]
  'e f': &anchor text
g: *anchor
"""


def test_places_of_keys_and_values() -> None:
    node, mistakes = read_nodes(TEXT.encode(), HERE)
    assert node is not None
    assert mistakes == []
    inner = node.at(("b", "c", 1, "d"))
    assert inner is not None
    assert (inner.value, inner.place.line, inner.place.column) == (2.5, 3, 14)
    key = node.value["b"].keys["e f"]  # type: ignore[index,call-overload]
    assert (key.line, key.column) == (4, 3)
    assert node.plain() == {"a": 1, "b": {"c": ["x", {"d": 2.5}], "e f": "text"}, "g": "text"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("null", None), ("~", None), ("", None), ("true", True), ("False", False), ("12", 12),
        ("-1_000", -1000), ("0x1F", 31), ("0o17", 15), ("1e3", 1000.0), (".5", 0.5), ("1.", 1.0),
        ("-2.5E-3", -0.0025), ("on", "on"), ("yes", "yes"), ("08:30", "08:30"), ("1 d", "1 d"), ("_1", "_1"),
        ("2022-11-30", "2022-11-30"),
    ],
)  # fmt: skip
def test_core_schema(text: str, value: object) -> None:
    assert plain_scalar(text) == value
    assert type(plain_scalar(text)) is type(value)


def test_python_reads_the_same_as_libyaml(monkeypatch: pytest.MonkeyPatch) -> None:
    read = read_nodes(TEXT.encode(), HERE)
    monkeypatch.setattr("sim.scenario.reading.FAST", None)
    assert read_nodes(TEXT.encode(), HERE) == read


def test_an_expanding_file_is_stopped_at_once() -> None:
    levels = [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 30)]
    node, mistakes = read_nodes("\n".join(["a0: &a0 [x, x]", *levels]).encode(), HERE)
    assert node is None
    assert "too many values" in str(mistakes[-1])


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? "])
def test_a_deep_file_is_stopped_before_the_parser_is(opening: str, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[object] = []
    parse = yaml.parse

    def counted(text: str, parser: object) -> Iterator[object]:
        for event in parse(text, parser):
            taken.append(event)
            yield event

    monkeypatch.setattr(yaml, "parse", counted)
    node, mistakes = read_nodes(opening.encode() * 100_000, HERE)
    assert node is None
    assert len(mistakes) == 1
    assert 0 < len(taken) < 1000


def test_a_large_file_is_not_parsed() -> None:
    with pytest.raises(ScenarioError, match="too large"):
        decode(b"#" * (MAX_BYTES + 1), HERE)
