"""Ask a question in words: a policy with its scenario, or what cannot be asked with the nearest that can."""

import re
import shlex
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sim.asking.clauses import Clause, clauses, near
from sim.asking.search import described, search
from sim.asking.subjects import Fixed, Kind, Level, Policy, Subject
from sim.asking.words import folded, languages_of
from sim.asking.writing import BeyondError, Change, written
from sim.base.failures import UsageError
from sim.experiments.paired import PAIRS
from sim.experiments.run_size import WHOLE, RunSize
from sim.scenario import Scenario, ScenarioError, load_scenario
from sim.scenario.bundled import FLAGSHIP, SUFFIXES, bundled_names, is_path
from sim.scenario.csv_files import inside
from sim.scenario.load import changed
from sim.scenario.writing import to_yaml
from sim.store.folder import whole

LONGEST = 300
"""Most characters of a question, which becomes a title."""

LONGEST_NAME = 60
WIDTH = 100
MOST_NEAREST = 3
LEAST = 0.1
"""The least share of a clause's words that a text must have to be among the nearest."""


@dataclass(frozen=True)
class Match:
    """What a part of a question was found to mean: a key, a kind of measure or a policy, and the text about it."""

    words: str
    name: str
    text: str


@dataclass(frozen=True)
class Unasked:
    """A part of a question that cannot be asked, the reason, and the nearest that can."""

    words: str
    why: str
    nearest: tuple[Match, ...]

    @property
    def line(self) -> str:
        """It in one line."""
        near_by = "; ".join(f"{one.name} ({one.text.rstrip('.')})" for one in self.nearest)
        near_by = near_by or "tocsin explain lists all keys"
        return f"tocsin ask: '{self.words}' cannot be asked: {self.why}; the nearest: {near_by}"


@dataclass(frozen=True)
class Asked:
    """The policy that a question asks for, or why there is none.

    Attributes:
        question: The question.
        base: The name or path of the scenario that it changes.
        yaml: The text of the policy's file; None if a part of the question cannot be asked.
        scenario: The policy; None likewise.
        matches: What each part was found to mean.
        notes: What the policy leaves out of the question.
        unasked: Each part that cannot be asked.
        size: How large the runs of a first answer are.
        name: The policy's name.
    """

    question: str
    base: str
    yaml: str | None
    scenario: Scenario | None = field(repr=False)
    matches: tuple[Match, ...]
    notes: tuple[str, ...] = ()
    unasked: tuple[Unasked, ...] = ()
    size: RunSize = WHOLE
    name: str = ""

    @property
    def text(self) -> str:
        """The policy's file, or a line for each part that cannot be asked."""
        return self.yaml if self.yaml is not None else "\n".join(one.line for one in self.unasked)

    def command(self, file: str | None = None) -> str:
        """Return the command that compares the policy, in a file, with its base."""
        words = ["tocsin", "compare", self.base, file or f"{self.name}.yaml", *self.size.options]
        return shlex.join([*words, "--replicates", str(PAIRS)])

    def write(self, file: Path) -> None:
        """Write the policy's file, whole or not at all.

        Args:
            file: Its path; in the current folder if the base is a file, which the policy extends by its path.

        Raises:
            UsageError: If there is no policy, the file exists, or it would not find its base.
        """
        if self.yaml is None:
            raise UsageError(*(one.line for one in self.unasked))
        if file.exists() or file.is_symlink():
            raise UsageError(f"tocsin ask: {file} exists; use another name, or remove the file first")
        if not file.name.endswith(SUFFIXES):
            raise UsageError(f"tocsin ask: {file}: must end in .yaml or .yml")
        if is_path(self.base) and file.parent.resolve() != Path().resolve():
            raise UsageError(f"tocsin ask: {file}: must be in the current folder, from which it extends {self.base}")
        with whole(file) as unfinished:
            unfinished.write_text(self.yaml, encoding="utf-8")

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON document."""
        rows = [vars(one) for one in self.matches]
        unasked = [{**vars(one), "nearest": [vars(row) for row in one.nearest]} for one in self.unasked]
        return {
            **{"question": self.question, "base": self.base, "name": self.name, "yaml": self.yaml},
            **{"command": self.command() if self.yaml else None, "matches": rows, "notes": list(self.notes)},
            "unasked": unasked,
        }

    def _repr_markdown_(self) -> str:
        return self.text if self.yaml is None else f"```yaml\n{self.yaml}```"


def ask(question: str, base: str = FLAGSHIP) -> Asked:
    """Turn a question in words into a policy: a scenario that extends a base and is ready to be compared with it.

    Words are looked up among the levers, keys, kinds of measures, provinces and bundled policies; nothing is guessed
    from elsewhere, and the same question always has the same answer. It may be in English, French or Chinese.

    Args:
        question: Such as ``twice the officers and delays of large transfers``.
        base: The scenario that it changes: a bundled name or the path of a file.

    Returns:
        The policy with its YAML; without it where a part of the question cannot be asked.

    Raises:
        UsageError: If the question is empty or too long; a base that cannot be used is a ScenarioError.
    """
    asked = " ".join(question.split())
    if not asked:
        raise UsageError("tocsin ask: the question is empty; ask, for example, 'twice the officers'")
    if len(asked) > LONGEST or not asked.isprintable():
        raise UsageError(
            f"tocsin ask: the question must be one line of at most {LONGEST} characters; ask for less at once"
        )
    if is_path(base) and isinstance(inside(Path(), base), str):
        raise UsageError(
            f"tocsin ask: --from {base}: lies outside this folder; use a bundled name or a file below this folder"
        )
    scenario = load_scenario(base)
    readings = [(language, clauses(asked, language, scenario)) for language in languages_of(asked)]
    language, found = max(readings, key=lambda pair: _understood(pair[1]))
    changes = [_changed(clause, scenario, base, language) for clause in found]
    unasked = [one for one in changes if isinstance(one, Unasked)]
    if not found:
        unasked = [_unasked(asked, "no lever has these words", search(asked, MOST_NEAREST, LEAST, language))]
    policies = [(clause, one) for clause, one in zip(found, changes, strict=True) if isinstance(one, Change)]
    matches = tuple(match for clause, change in policies for match in _matches(clause, change))
    if unasked:
        return Asked(asked, base, None, None, matches, unasked=tuple(unasked))
    return _policy(asked, base, scenario, policies, matches)


def _understood(found: list[Clause]) -> tuple[float, float, float]:
    answered = [one for one in found if one.answered or one.beyond]
    share = len(answered) / len(found) if found else 0.0
    fit = sum(min(one.fit, 10.0) for one in answered)
    return share, fit, -float(sum(len(one.unread) for one in found)) if answered else 0.0


def _changed(clause: Clause, scenario: Scenario, base: str, language: str) -> Change | Unasked:
    """Return what a clause changes, or why it cannot be asked."""
    if clause.beyond is not None:
        return Unasked(clause.text, clause.beyond.why, tuple(_match(one) for one in near(clause).values()))
    if clause.subject is None:
        words = " ".join(clause.unread) or clause.text
        return _unasked(clause.text, "no lever has these words", search(words, MOST_NEAREST, LEAST, language))
    try:
        change = written(clause.subject, clause.details, scenario, base)
        changed(scenario, change.values)
    except BeyondError as error:
        return Unasked(clause.text, str(error), (_match(clause.subject),))
    except ScenarioError as error:
        mistake = error.mistakes[0]
        return Unasked(clause.text, f"{mistake.key}: {mistake.message}; {mistake.allowed}", (_match(clause.subject),))
    if clause.unread and re.search(rf"\b(in|au|en|à) {re.escape(clause.unread[0])}\b", clause.text):
        place = " ".join(clause.unread)
        why = f"{scenario.name} has no province '{place}'; list them: tocsin provinces {base}"
        return Unasked(clause.text, why, (_match(clause.subject),))
    if clause.unread:
        change.notes.append(f"not used: {', '.join(clause.unread)}")
    return change


def _unasked(words: str, why: str, rows: Any) -> Unasked:
    return Unasked(words, why, tuple(Match(words, row.entry.name, row.entry.text) for row in rows))


def _match(subject: Subject) -> Match:
    """Return a subject by its key, its kind or its policy, with the text about that."""
    match subject.way:
        case Level() | Fixed():
            name = next(iter(subject.way.keys if isinstance(subject.way, Level) else subject.way.values))
        case Kind():
            name = f"measures[{subject.way.kind}]"
        case Policy():
            name = subject.way.names[0]
    return Match(subject.name, name, described(name).text)


def _matches(clause: Clause, change: Change) -> Iterator[Match]:
    """Yield what a clause was found to mean, each key once."""
    assert clause.subject is not None
    about = _match(clause.subject)
    for key in dict.fromkeys(change.keys):
        text = about.text if key.startswith((about.name, "measures.", "desks.")) else described(key).text
        yield Match(clause.text, key, text)


def _policy(
    question: str,
    base: str,
    scenario: Scenario,
    policies: list[tuple[Clause, Change]],
    matches: tuple[Match, ...],
) -> Asked:
    """Put the changes of all clauses into one policy."""
    names = scenario.spec.population.names
    provinces = sorted({code for clause, _ in policies for code in clause.details.provinces})
    values: dict[str, Any] = {}
    for _, change in policies:
        _merge(values, change.values)
    subjects = dict.fromkeys(clause.subject.name for clause, _ in policies if clause.subject is not None)
    name = _name([*subjects, *(names[code] for code in provinces)])
    policy = changed(scenario, {"name": name, "title": question, **values})
    size = RunSize.quick(scenario, [names[code] for code in provinces])
    notes = tuple(dict.fromkeys(note for _, change in policies for note in change.notes))
    asked = Asked(question, base, None, policy, matches, notes, (), size, name)
    head = {"schema": 1, "name": name, "title": question, "extends": base}
    text = "\n".join([*_comments(asked), to_yaml({**head, **values})])
    return Asked(question, base, text, policy, matches, notes, (), size, name)


def _comments(asked: Asked) -> Iterator[str]:
    """Yield the comments above a policy: what was found, what was left out, what to type next."""
    for match in asked.matches:
        yield from _comment(f"'{match.words}': {match.name}: {match.text}")
    for note in asked.notes:
        yield from _comment(f"Note: {note}")
    yield from _comment(f"Next: {asked.command()}", 10_000)


def _comment(text: str, width: int = WIDTH) -> list[str]:
    return textwrap.wrap(text, width, initial_indent="# ", subsequent_indent="#   ", break_on_hyphens=False)


def _merge(into: dict[str, Any], values: Mapping[str, Any]) -> None:
    """Add values to a map, map by map; a later value replaces an earlier one."""
    for key, value in values.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            _merge(into[key], value)
        else:
            into[key] = value


def _name(parts: list[str]) -> str:
    """Return a name of a scenario that no bundled one has."""
    words = re.sub(r"[^a-z0-9]+", "-", folded("-".join(parts))).strip("-")
    cut = words if len(words) <= LONGEST_NAME else words[:LONGEST_NAME].rpartition("-")[0]
    return f"asked-{cut}" if cut in bundled_names() else cut
