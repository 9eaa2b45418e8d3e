"""Every word of the model and every name of the bundled scenarios is a label that catalogues know."""

import inspect

import pytest

import sim
from sim import words
from sim.language.extract import catalogue
from sim.language.labels import named
from sim.language.spoken import ENGLISH, LANGUAGES, speaking

UNSEEN = (words.DistributionKind, words.Event, words.OriginKind, words.Outcome)
"""Words that stand in scenarios, logs and columns of files alone."""


def labels() -> set[str]:
    """Return the labels that people see."""
    kinds = [kind for _, kind in inspect.getmembers(words, inspect.isclass) if issubclass(kind, words.Word)]
    found = {label for kind in kinds if kind not in UNSEEN for label in kind.labels()}
    spec = sim.load_scenario("china-2022").spec
    found.update(spec.fraud.types, *((row.name, row.region) for row in spec.population.provinces))
    found.update(row.name for row in spec.figures)
    return {named(label) for label in found}


@pytest.mark.parametrize("language", sorted(set(LANGUAGES) - {ENGLISH}))
def test_labels_are_translated(language: str) -> None:
    kept = catalogue(language)
    assert [label for label in sorted(labels()) if label not in kept or not kept[label].string] == []


def test_a_name_that_somebody_made_up_is_shown_as_it_is() -> None:
    with speaking("zh"):
        assert named("police_impersonation") == "冒充公检法"
        assert named("made_up_type") == "made up type"
    assert named("sms_intercepted") == "SMS intercepted"
