"""The gallery is what the bundled scenarios give today."""

from dataclasses import replace

import pytest

from benchmarks import gallery

QUESTIONS = [question for some in gallery.questions().values() for question in some]

LARGEST, LARGEST_OF_ALL = 60_000, 1_048_576
"""Most bytes of a picture, and of all files of the gallery."""


def test_there_are_twenty_questions_of_five_askers() -> None:
    assert len(set(QUESTIONS)) == len(QUESTIONS) == 20
    assert len(gallery.questions()) == 5
    assert list(gallery.answers()) == [question.name for question in QUESTIONS], "python -m benchmarks.gallery --write"


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.name)
def test_answers_are_of_these_scenarios(question: gallery.Question) -> None:
    assert gallery.stale(question) == [], "python -m benchmarks.gallery --write"


def test_a_policy_of_one_province_is_compared_with_the_province_by_itself() -> None:
    commands = {question.name: question.command() for question in QUESTIONS}
    apart = {name for name, command in commands.items() if " --pool country --apart Guangdong " in command}
    assert apart == {"officers-guangdong", "first-transfers-guangdong", "officers-and-waits"}


@pytest.mark.parametrize("what", ["base", "policy", "draws"])
def test_an_answer_of_another_scenario_or_of_other_draws_is_noticed(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    question = QUESTIONS[0]
    answer = gallery.answers()[question.name]
    other = {**answer, "sha256": {**answer["sha256"], what: "0" * 64}}
    monkeypatch.setattr(gallery, "answers", lambda: {question.name: other})
    assert gallery.stale(question) == [f"the answer: its {what} changed"]


def test_one_number_of_one_draw_is_another_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = next(question for question in QUESTIONS if question.name == "weak-filters")
    before = gallery.hashes(asked)
    stored = gallery.stored_answers(asked.settled()[1])
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
    assert {path.name for path in files} == {"answers.json", *(f"{name}.svg" for name in gallery.answers())}
    assert all(path.stat().st_size < LARGEST for path in files)
    assert sum(path.stat().st_size for path in files) < LARGEST_OF_ALL
