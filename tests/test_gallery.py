"""The gallery is what ``ask`` and the scenarios give today."""

from dataclasses import replace

import pytest

from benchmarks import gallery
from sim.scenario import validate

QUESTIONS = [question for some in gallery.questions().values() for question in some]

LARGEST, LARGEST_OF_ALL = 60_000, 1_048_576
"""Most bytes of a picture, and of all files of the gallery."""


def test_there_are_twenty_questions_of_five_askers() -> None:
    assert len(set(QUESTIONS)) == len(QUESTIONS) == 20
    assert len(gallery.questions()) == 5
    assert list(gallery.answers()) == QUESTIONS, "python -m benchmarks.gallery --write"


@pytest.mark.parametrize("question", QUESTIONS)
def test_policies_are_what_ask_gives_and_answers_are_of_these_scenarios(question: str) -> None:
    assert gallery.stale(question) == [], "python -m benchmarks.gallery --write"
    assert validate(str(gallery.FOLDER / f"{gallery.asked_of(question).name}.yaml")) == []


@pytest.mark.parametrize("what", ["base", "policy", "draws"])
def test_an_answer_of_another_scenario_or_of_other_draws_is_noticed(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    question = QUESTIONS[0]
    answer = gallery.answers()[question]
    other = {**answer, "sha256": {**answer["sha256"], what: "0" * 64}}
    monkeypatch.setattr(gallery, "answers", lambda: {question: other})
    assert gallery.stale(question) == [f"the answer: its {what} changed"]


def test_one_number_of_one_draw_is_another_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = gallery.asked_of("Weaker filters")
    before = gallery.hashes(asked)
    stored = gallery.stored_answers(gallery.settled(asked)[1])
    assert stored is not None
    *others, last = stored.drawn["victims"]
    changed = replace(stored, drawn={**stored.drawn, "victims": (*others, last + 1.0)})
    monkeypatch.setattr(gallery, "stored_answers", lambda _: changed)
    after = gallery.hashes(asked)
    assert {key for key in before if before[key] != after[key]} == {"draws"}


@pytest.mark.parametrize(
    ("file", "marker", "made"), [("questions.md", "questions", "page"), ("index.md", "cards", "cards")]
)
def test_documents_have_the_answers(file: str, marker: str, made: str) -> None:
    text = (gallery.DOCS / file).read_text(encoding="utf-8")
    assert f"<!-- {marker}: begin -->\n{getattr(gallery, made)()}\n<!-- {marker}: end -->" in text


def test_pictures_are_small_and_each_is_used() -> None:
    files = sorted(gallery.FOLDER.iterdir())
    pictures = {f"{gallery.asked_of(question).name}.svg" for question in gallery.answers()}
    policies = {f"{gallery.asked_of(question).name}.yaml" for question in QUESTIONS}
    assert {path.name for path in files} == {"answers.json", *pictures, *policies}
    assert all(path.stat().st_size < LARGEST for path in files)
    assert sum(path.stat().st_size for path in files) < LARGEST_OF_ALL
