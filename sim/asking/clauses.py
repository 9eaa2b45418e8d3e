"""Cut a question into clauses, each about one subject, with the details that it says of it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sim.asking.beyond import BEYOND, Beyond
from sim.asking.details import (
    EARLIER,
    FASTER,
    LATER,
    LESS,
    MORE,
    SLOWER,
    WITHOUT,
    Details,
    details,
    either,
)
from sim.asking.policies import all_policies
from sim.asking.search import MEDIAN, Found, search, stop_words
from sim.asking.subjects import SUBJECTS, Level, Policy, Subject
from sim.asking.words import folded, stems, terms, unread, weight
from sim.language.spoken import marked
from sim.scenario import Scenario
from sim.scenario.load import value_at
from sim.scenario.resolved import plain

AND = marked("and, plus, as well as, while, besides")
"""Words between two changes of a policy."""

GENERAL = marked(
    "people, person, share, number, rate, country, national, policy, "
    "year, time, amount, money, happen, think, ask, day, "
    "yuan, size, number of, level, China, change, whole, against, "
    "victims, saved, prevented, spared, cost, scam, fraud, "
    "come, came, force, serve, send, within, decided, gangs, alerts, bank, desks, often, also"
)
"""Words near a lever that say nothing of it."""

KEY = re.compile(r"[a-z][a-z_0-9]*(?:\.[a-z0-9_-]+)+")
MOST_UNREAD = 3
"""From this many words that a subject does not have, a clause is about something else."""


@dataclass(frozen=True)
class Clause:
    """A part of a question.

    Attributes:
        text: The part, folded.
        details: How much, when, where and for whom.
        subject: What it is about; None if nothing was found.
        fit: How many words of the subject's longest term it has.
        beyond: What it asks that the model does not have.
        unread: Words that mean nothing here.
    """

    text: str
    details: Details
    subject: Subject | None = None
    fit: float = 0.0
    beyond: Beyond | None = None
    unread: tuple[str, ...] = ()

    @property
    def answered(self) -> bool:
        """Whether it can be written as a change."""
        return self.subject is not None and self.beyond is None


def clauses(question: str, language: str, base: Scenario) -> list[Clause]:
    """Return the clauses of a question, with details lent between them.

    Args:
        question: The question.
        language: The language to read it in.
        base: The scenario that it changes, whose provinces and keys it may name.

    Returns:
        The clauses that say something, in their order.
    """
    text = re.sub(r"(\d+) and (over|older)", r"\1 years and \2", folded(question))
    text = re.sub(r"between (\d+) and (\d+)", r"\1 to \2 years", text)
    parts = [part.strip() for part in re.split(rf"[;；，、?？!。]|,(?!\d)|{either(AND, language)}", text)]
    found: list[Clause] = []
    for part in filter(None, parts):
        clause = _read(part, language, base)
        if found and clause.details.provinces and not clause.unread and not clause.answered:
            found[-1] = _read(f"{found[-1].text} {part}", language, base)  # provinces in a row
            continue
        if found and not (clause.answered and found[-1].answered):
            both = _read(f"{found[-1].text} {part}", language, base)
            if both.fit > max(found[-1].fit, clause.fit):
                found[-1] = both
                continue
        found.append(clause)
    return _with_keys(_lent([one for one in found if one.text]), language, base)


def _read(text: str, language: str, base: Scenario) -> Clause:
    said = details(text, language, base.spec.population.names)
    beyond = next((one for one in BEYOND if _fit(one.words, text, language)), None)
    named = _named(text, base)
    if named is not None:
        return Clause(text, said, named, float("inf"), beyond)
    fits = sorted(
        ((_fit(one.words, text, language), one) for one in SUBJECTS), key=lambda pair: (-pair[0], pair[1].name)
    )
    fit, subject = fits[0]
    if not fit:
        return Clause(text, said, None, 0.0, beyond, tuple(_unread("", said.rest, language)))
    left = tuple(_unread(subject.words, said.rest, language))
    vague = isinstance(subject.way, Level) and not (said.changes or said.more or said.faster or said.time) and left
    if vague or len(left) >= max(MOST_UNREAD, fit):
        return Clause(text, said, None, 0.0, beyond, left)
    return Clause(text, said, subject, fit, beyond, left)


def _fit(words: str, text: str, language: str) -> float:
    return max(weight(term, text, language) for term in terms(words, language))


def _unread(words: str, text: str, language: str) -> list[str]:
    """Return the words of a text that neither a subject's terms nor general words have."""
    known = set(stop_words(language))
    for listed in (words, GENERAL, MORE, LESS, FASTER, SLOWER, EARLIER, LATER, WITHOUT):
        known |= {stem for term in terms(listed, language) for stem in stems(term, language)} if listed else set()
    return unread(text, sorted(known), language)


def _named(text: str, base: Scenario) -> Subject | None:
    """Return the subject of a dotted key that a clause names, if the base has a value there."""
    for key in KEY.findall(text):
        try:
            value = plain(value_at(base.levers, key))
        except KeyError:
            continue
        if isinstance(value, int | float | str) and not isinstance(value, bool):
            return level_of(key)
    return None


def level_of(key: str) -> Subject:
    """Return the subject of a number of the scenario."""
    desk = key.split(".")[1] if re.fullmatch(r"desks\.\w+\.staff", key) else ""
    name = "-".join(key.replace("_", "-").split(".")[-2:])
    return Subject(name, key, Level((key,), desks=(desk,) if desk else ()))


def _lent(found: list[Clause]) -> list[Clause]:
    """Let clauses that only say when, where or for whom lend that to the others, and an amount go on to the next."""
    about = [one for one in found if one.answered or one.beyond or one.unread]
    for lender in (one for one in found if one not in about):
        about = [replace(one, details=one.details.lent(lender.details)) for one in about]
    for at in range(1, len(about)):
        one, before = about[at], about[at - 1]
        levels = all(part.subject is not None and isinstance(part.subject.way, Level) for part in (one, before))
        if levels and not (one.details.changes or one.details.more or one.details.faster):
            same = replace(one.details, factor=before.details.factor, more=before.details.more)
            about[at] = replace(one, details=replace(same, provinces=one.details.provinces or before.details.provinces))
    return about


def _with_keys(found: list[Clause], language: str, base: Scenario) -> list[Clause]:
    """Find a key or a policy by the text about it for clauses that are about no subject."""
    return [one if one.answered or one.beyond else _searched(one, language, base) for one in found]


def _searched(clause: Clause, language: str, base: Scenario) -> Clause:
    words = " ".join(clause.unread) or clause.text
    said = clause.details
    for row in search(words, least=SURE, language=language):
        subject = _subject_of(row, base, said.changes or bool(said.more or said.faster or said.time))
        if subject is not None:
            return replace(clause, subject=subject, unread=())
    return clause


SURE, SURELY_POLICY = 0.6, 0.9
"""The share of a clause's words that the text about a key, or a policy, must have to be meant."""


WORDS_OF_A_POLICY = 2
"""The least number of words of a clause by which a policy is found."""


def _subject_of(row: Found, base: Scenario, changes: bool) -> Subject | None:
    name = row.entry.name
    if name in all_policies():
        return (
            None if row.share < SURELY_POLICY or row.words < WORDS_OF_A_POLICY else Subject(name, name, Policy((name,)))
        )
    if not changes or "[" in name:
        return None
    for key in (name, f"{name}{MEDIAN}"):
        try:
            value = plain(value_at(base.levers, key))
        except (KeyError, TypeError):
            continue
        if isinstance(value, int | float | str) and not isinstance(value, bool) and any(map(str.isdigit, str(value))):
            return level_of(key)
    return None


def near(clause: Clause, subjects: Sequence[Subject] = SUBJECTS) -> Mapping[str, Subject]:
    """Return the subjects that come nearest to a clause that cannot be answered, by name."""
    by_name = {one.name: one for one in subjects}
    return {name: by_name[name] for name in clause.beyond.nearest} if clause.beyond else {}
