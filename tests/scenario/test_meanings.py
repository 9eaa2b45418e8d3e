"""Every key of a scenario says what it means, and its example can be written there."""

from typing import Any

import pytest
from pydantic import BaseModel

from sim.scenario import load_scenario
from sim.scenario.bundled import bundled_folder
from sim.scenario.errors import Place
from sim.scenario.extends import Files
from sim.scenario.keys import models
from sim.scenario.meanings import example, is_measured, meaning
from sim.scenario.provinces import code_of
from sim.scenario.reading import read_nodes
from sim.scenario.schema import Calibration, ScenarioModel
from sim.scenario.shapes import adapter, fields, shape

NAMES = load_scenario("china-2022").spec.population.names
EVERY = [(model, name) for model in models(ScenarioModel) for name in fields(model)]
FIELDS = pytest.mark.parametrize(("model", "name"), EVERY, ids=[f"{model.__name__}.{name}" for model, name in EVERY])


def test_no_model_of_the_schema_is_left_out() -> None:
    assert len(EVERY) > 420


@FIELDS
def test_every_key_says_what_it_is_its_unit_and_what_more_of_it_does(model: type[BaseModel], name: str) -> None:
    said, info = meaning(model, name), fields(model)[name]
    assert said.text.endswith("."), "a sentence"
    assert said.text[0].isupper() or said.text.startswith("month"), said.text
    assert said.unit, "a unit, or that there is none"
    if is_measured(info.annotation, info.metadata):
        assert said.more, "what more of it does"


def value_of(model: type[BaseModel], name: str) -> Any:
    """Return the example of a key as a scenario's file would give it, tables read."""
    node, mistakes = read_nodes(example(model, name), Place("example", 1, 1))
    assert node is not None
    assert not mistakes
    files = Files(shape(field_of(model, name)))
    tree = files.with_tables(node, bundled_folder())
    assert not files.mistakes, files.mistakes
    value = tree.plain()
    return [code_of(one, NAMES) for one in value] if name == "provinces" and isinstance(value[0], str) else value


def field_of(model: type[BaseModel], name: str) -> Any:
    expected = shape(model).child(name)
    assert expected is not None
    return expected.annotation


@FIELDS
def test_every_example_is_one(model: type[BaseModel], name: str) -> None:
    value = value_of(model, name)
    if (model, name) == (Calibration, "draws"):  # loading takes the name away
        assert (bundled_folder() / value).is_file()
        return
    adapter(field_of(model, name)).validate_python(value)
