"""Every key of a scenario says what it means, and its example can be written there."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from sim.scenario import json_schema, load_scenario
from sim.scenario.bundled import bundled_folder
from sim.scenario.errors import Place
from sim.scenario.explained import explained
from sim.scenario.extends import Files
from sim.scenario.guide import document
from sim.scenario.keys import UnknownKeyError, every_key, models
from sim.scenario.meanings import example, is_measured, meaning
from sim.scenario.provinces import code_of
from sim.scenario.reading import read_nodes
from sim.scenario.schema import ScenarioModel
from sim.scenario.schema.measures import KINDS
from sim.scenario.schema.recording import Calibration
from sim.scenario.shapes import NAMED, adapter, fields, shape

DOCUMENT = Path(__file__).parents[2] / "docs" / "scenario.md"
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
        assert value.endswith(".csv")
        return
    adapter(field_of(model, name)).validate_python(value)


def test_the_document_is_what_the_schema_says() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == document(), "python -m sim.scenario.guide > docs/scenario.md"


def test_the_document_has_every_key() -> None:
    text = document()
    assert text.count("\n- `") == len(EVERY)
    assert "- `None`" not in text


def test_editors_show_every_meaning() -> None:
    schema = json_schema()
    for model, name in EVERY:
        part = schema if model is ScenarioModel else schema["$defs"][model.__name__]
        said, stated = meaning(model, name), part["additionalProperties"] if name == NAMED else part["properties"][name]
        assert stated["description"].startswith(said.text)
        assert said.direction is None or said.direction in stated["description"]
        assert said.example is None or f"Example: {said.example}" in stated["description"]


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("desks.visit.staff", "Officers of the whole country"),
        ("desks.visit.by_province.Guangdong.staff", "Officers of the province"),
        ("fraud.types.loan_credit", "One type of fraud."),
        ("dens.hazard.east", "How often a den in the region of this name is raided."),
        ("measures.law.deterrence", "Share of attempts that are never made."),
        ("measures[bank_hold].intensity", "Probability that a payment is held"),
        ("figures.0.name", "Quantity that is counted"),
        ("warning.hop_delay.lognormal.median", "Median duration"),
    ],
)
def test_a_key_is_explained_with_a_scenario_and_without(key: str, text: str) -> None:
    for scenario in (None, load_scenario("china-2022")):
        if scenario is None and key == "measures.law.deterrence":
            assert [one.kind for one in explained(key)] == ["law"]
        (one,) = explained(key, scenario)
        assert one.text.startswith(text)


def test_a_measure_without_a_kind_is_explained_by_all_kinds() -> None:
    kinds = [one.kind for one in explained("measures.mine.intensity")]
    assert "bank_hold" in kinds
    assert "filter" in kinds
    assert [one.kind for one in explained("measures.filter-sms.intensity", load_scenario("china-2022"))] == ["filter"]


def test_a_value_is_told_with_all_that_is_known_of_it() -> None:
    (one,) = explained("desks.visit.staff", load_scenario("china-2022", {"seed": "7"}))
    assert one.value == "1700"
    assert one.allowed == "a number from 0 to 1e8"
    assert one.source is not None
    assert (one.source.origin, one.source.range) == ("assumed", (500.0, 8000.0))
    assert one.source.where.startswith("china-2022.yaml:")
    (province,) = explained("desks.visit.by_province.Guangdong", load_scenario("china-2022"))
    assert province.value is None


def test_what_stands_below_a_key_is_listed() -> None:
    (desks,) = explained("desks")
    assert [key for key, _ in desks.below] == ["desks.call", "desks.visit", "desks.province_weights"]
    (measures,) = explained("measures")
    assert len(measures.below) == len(KINDS)
    assert all(text for _, text in measures.below)
    (own,) = explained("measures", load_scenario("tiny"))
    assert "measures.banks" in dict(own.below)


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        ("desks.vist.staff", "desks has no key 'vist'; did you mean 'visit'?"),
        ("staff", "keys with this name: desks.call.staff"),
        ("measures[bank]", "no kind 'bank'; did you mean 'bank_hold'?"),
        ("seed.x", "use the key above it"),
        ("", "there is no key ''"),
    ],
)
def test_an_unknown_key_is_told_with_the_nearest(key: str, hint: str) -> None:
    with pytest.raises(UnknownKeyError) as caught:
        explained(key)
    assert hint in str(caught.value)


def test_every_key_that_is_listed_can_be_explained() -> None:
    for path in every_key():
        assert explained(path), path
