"""Nodes know their places, scalars follow the core schema, and nothing grows without bound."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from sim.base.caches import FileCache
from sim.scenario import reading
from sim.scenario.core_schema import plain_scalar
from sim.scenario.errors import Place, ScenarioError
from sim.scenario.reading import MAX_BYTES, decode, read_nodes

HERE = Place("here.yaml", 1, 1)
TEXT = """\
a: 1
b:
  c: [x, {d: 2.5}]
  'e f': &anchor text
g: *anchor
"""


def test_places_of_keys_and_values() -> None:
    node, mistakes = read_nodes(TEXT, HERE)
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


def test_an_expanding_file_is_stopped_at_once() -> None:
    levels = [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 30)]
    node, mistakes = read_nodes("\n".join(["a0: &a0 [x, x]", *levels]), HERE)
    assert node is None
    assert "too many values" in str(mistakes[-1])


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? "])
def test_a_deep_file_is_stopped_before_the_parser_is(opening: str, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[object] = []
    parse = YAML.parse

    def counted(self: YAML, text: str) -> Iterator[object]:
        for event in parse(self, text):
            taken.append(event)
            yield event

    monkeypatch.setattr(YAML, "parse", counted)
    node, mistakes = read_nodes(opening * 100_000, HERE)
    assert node is None
    assert len(mistakes) == 1
    assert 0 < len(taken) < 1000


def test_a_large_file_is_not_parsed() -> None:
    with pytest.raises(ScenarioError, match="too large"):
        decode(b"#" * (MAX_BYTES + 1), HERE)


def long_text(value: str) -> str:
    return f"name: {value}\n" + "".join(f"key{number}: [1, {{deep: text}}]\n" for number in range(1000))


def test_a_long_text_is_parsed_once_wherever_it_stands(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    parsed: list[str] = []
    parse = reading._composed
    monkeypatch.setattr(reading, "_composed", lambda text, place: parsed.append(text) or parse(text, place))
    monkeypatch.setattr(reading, "_read_before", lambda: FileCache(tmp_path))
    places = [Place("a.yaml", 1, 1), Place("b.yaml", 1, 1), Place("a.yaml", 1, 1, "file", ("c.yaml",))]
    for place in places:
        first, again = read_nodes(long_text("one"), place), read_nodes(long_text("one"), place)
        assert first == again == parse(long_text("one"), place)
    assert len(parsed) == 1
    # A text with a mistake is read anew each time, and so is one whose cache is damaged.
    for _ in range(2):
        assert read_nodes(long_text("one") + "name: two\n", places[0])[1]
    assert len(parsed) == 3
    for file in tmp_path.iterdir():
        file.write_bytes(file.read_bytes()[:-1])
    assert read_nodes(long_text("one"), places[0]) == parse(long_text("one"), places[0])
    assert len(parsed) == 4


def test_a_short_text_is_not_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(reading, "_read_before", lambda: FileCache(tmp_path))
    read_nodes("name: one\n", Place("a.yaml", 1, 1))
    assert not list(tmp_path.iterdir())


def test_texts_that_differ_in_their_seed_are_parsed_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    filler = "".join(f"key{at}: value {at}\n" for at in range(300))
    parsed: list[str] = []
    composed, kept = reading._composed, FileCache(tmp_path)

    def counting(text: str, place: Place) -> object:
        parsed.append(text)
        return composed(text, place)

    monkeypatch.setattr(reading, "_composed", counting)
    monkeypatch.setattr(reading, "_read_before", lambda: kept)
    for seed in (0, 7, 20221131):
        text = f"name: one\nseed: {seed}\n{filler}"
        assert reading.read_nodes(text, HERE) == composed(text, HERE)
    assert len(parsed) == 1
    # A line that only looks like the seed is part of another value.
    for seed in (7, 8):
        text = f'title: "two\nseed: {seed}\n  "\n{filler}'
        assert reading.read_nodes(text, HERE) == composed(text, HERE)
