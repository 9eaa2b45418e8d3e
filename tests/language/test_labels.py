"""Every word of the model and every name of the bundled scenarios is a label that catalogues know."""

import inspect

import pytest

import sim
from sim.base import words
from sim.language import named, said, speaking
from sim.scenario.schema.population import QUANTITIES
from tools.catalogues import extracted


def labels() -> set[str]:
    """Return the labels that people see."""
    kinds = [kind for _, kind in inspect.getmembers(words, inspect.isclass) if issubclass(kind, words.Word)]
    found = {label for kind in kinds if not issubclass(kind, words.Code) for label in kind.labels()}
    spec = sim.load_scenario("china-2022").spec
    found.update(spec.fraud.types, *((row.name, row.region) for row in spec.population.provinces))
    found.update(row.name for row in spec.figures)
    return {named(label) for label in found}


@pytest.mark.slow
def test_names_in_tables_and_pictures_are_found_for_the_catalogues() -> None:
    known = {message.id for message in extracted()}
    names = {named(name) for name in QUANTITIES}
    for scenario in ("china-2022", "tiny"):
        names |= {named(name.replace("-", "_")) for name in sim.load_scenario(scenario).spec.measures}
    assert sorted((labels() | names) - known) == []


def test_a_name_that_somebody_made_up_is_shown_as_it_is() -> None:
    with speaking("zh"):
        assert named("police_impersonation") == "冒充公检法"
        assert named("made_up_type") == "made up type"
    assert named("sms_intercepted") == "SMS intercepted"


def test_no_text_stays_no_text() -> None:
    with speaking("zh"):
        assert said("") == ""
