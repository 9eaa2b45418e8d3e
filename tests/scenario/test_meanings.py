"""Every key of a scenario says what it means, and its example can be written there."""

from typing import Any

import pytest

from sim.scenario import load_scenario
from sim.scenario.bounds import Naming, Within
from sim.scenario.errors import Place
from sim.scenario.guide import json_schema
from sim.scenario.keys import NAMED, UnknownKeyError, adapter, example, fields, meaning, models, shape
from sim.scenario.levers import explained
from sim.scenario.merging import Files
from sim.scenario.provinces import code_of
from sim.scenario.reading import bundled_folder, read_nodes
from sim.scenario.schema import ScenarioModel
from sim.scenario.schema.population import Calibration
from tools.references import keys_page

EVERY = [(model, name) for model in models() for name in fields(model)]


def test_every_key_says_what_it_is_its_unit_and_what_more_of_it_does_wherever_it_is_read() -> None:
    assert len(EVERY) > 420
    text, schema = keys_page(), json_schema()
    assert text.count("\n- `") == len(EVERY)
    for model, name in EVERY:
        said = meaning(model, name)
        assert said.text.endswith("."), (model, name)
        assert said.unit, (model, name)
        marks = [type(mark) for _, own in shape(model).child(name).leaves() for mark in own]
        if any(issubclass(mark, Within) for mark in marks) and Naming not in marks:
            assert said.more, (model, name)
        part = schema if model is ScenarioModel else schema["$defs"][model.__name__]
        stated = part["additionalProperties"] if name == NAMED else part["properties"][name]
        assert stated["description"].startswith(said.text)


def test_every_example_can_be_written_where_it_stands() -> None:
    names = load_scenario("china-2022").spec.population.names
    for model, name in EVERY:
        node, mistakes = read_nodes(example(model, name).encode(), Place("example", 1, 1))
        expected = shape(model).child(name)
        assert node is not None, (model, name)
        files = Files()
        value: Any = files.with_tables(node, bundled_folder(), shape(expected.annotation)).plain()
        assert not mistakes + files.mistakes, (model, name)
        if name == "provinces" and isinstance(value[0], str):
            value = [code_of(one, names) for one in value]
        if (model, name) != (Calibration, "draws"):  # loading takes the name away
            adapter(expected.annotation).validate_python(value)


def test_a_key_is_explained_with_its_value_range_source_and_what_stands_below() -> None:
    (one,) = explained("desks.visit.staff", load_scenario("china-2022", {"seed": "7"}))
    assert (one.value, one.allowed) == ("1700", "a number from 0 to 1e8")
    assert one.source is not None
    assert (one.source.origin, one.source.range) == ("assumed", (500.0, 8000.0))
    assert one.source.where.startswith("china-2022.yaml:")
    for key, text in (
        ("desks.visit.by_province.Guangdong.staff", "Officers of the province"),
        ("fraud.types.loan_credit", "One type of fraud."),
        ("measures[bank_hold].intensity", "Probability that a payment is held"),
        ("figures.0.name", "Quantity that is counted"),
        ("warning.hop_delay.lognormal.median", "Median duration"),
    ):
        for scenario in (None, load_scenario("china-2022")):
            (one,) = explained(key, scenario)
            assert one.text.startswith(text)
    assert {"bank_hold", "filter"} <= {one.kind for one in explained("measures.mine.intensity")}
    (desks,) = explained("desks")
    assert [key for key, _ in desks.below] == ["desks.call", "desks.visit", "desks.province_weights"]


def test_an_unknown_key_is_told_with_the_nearest() -> None:
    for key, hint in (
        ("desks.vist.staff", "desks has no key 'vist'; did you mean 'visit'?"),
        ("staff", "keys with this name: desks.call.staff"),
        ("measures[bank]", "no kind 'bank'; did you mean 'bank_hold'?"),
        ("seed.x", "use the key above it"),
        ("", "there is no key ''"),
    ):
        with pytest.raises(UnknownKeyError) as caught:
            explained(key)
        assert hint in str(caught.value)
