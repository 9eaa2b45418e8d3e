"""Mistakes in scenarios: one line each, saying where, what was found, what is allowed and what is nearest."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

from sim.scenario.scalars import ascii_controls

ROOT_KEY = "scenario"  # stands for the dotted key where a mistake is the whole file's
LONGEST_LIST = 24


@dataclass(frozen=True)
class Place:
    """Where a value or key was written; lines and columns count from 1.

    `layer` is `file`, `draw` (a table of posterior draws), `set` (the command line) or `argument` (a call from
    Python); `chain` names the files that extend this one, the nearest first.
    """

    file: str
    line: int
    column: int
    layer: str = "file"
    chain: tuple[str, ...] = ()

    def __str__(self) -> str:
        return ascii_controls(f"{self.file}:{self.line}:{self.column}")


@dataclass(frozen=True)
class Mistake:
    """One mistake: place, dotted key, what is wrong and what is allowed."""

    place: Place
    key: str
    message: str
    allowed: str

    @property
    def file(self) -> str:
        """The file's name as the user would type it."""
        return self.place.file

    @property
    def line(self) -> int:
        """The line, from 1."""
        return self.place.line

    @property
    def column(self) -> int:
        """The column, from 1."""
        return self.place.column

    def __str__(self) -> str:
        """The line `FILE:LINE:COL: dotted.key: what is wrong; what is allowed`."""
        chain = "".join(f" (extended by {name})" for name in self.place.chain)
        text = f"{self.key}: {self.message}; {self.allowed}{chain}"
        return f"{self.place}: {ascii_controls(text)}"


class ScenarioError(Exception):
    """A scenario that cannot be used, with all its mistakes, in order of place."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = list(mistakes)
        super().__init__(self.mistakes)

    def __str__(self) -> str:
        """One line a mistake."""
        return "\n".join(str(mistake) for mistake in self.mistakes)


def dotted(path: Iterable[str | int]) -> str:
    """A path as its dotted key."""
    return ".".join(str(part) for part in path) or ROOT_KEY


def nearest(word: str, allowed: Iterable[str]) -> str | None:
    """The allowed word most like `word`, or None where none is near."""
    words = list(allowed)
    near = difflib.get_close_matches(word[:80], words, n=1, cutoff=0.6)
    if near:
        return near[0]
    lowered = {name.lower(): name for name in words}
    near = difflib.get_close_matches(word[:80].lower(), list(lowered), n=1, cutoff=0.6)
    return lowered[near[0]] if near else None


def choices(word: str, allowed: Iterable[str], most: int = LONGEST_LIST) -> str:
    """What is allowed in place of `word`: the nearest name where there is one, and `most` of all, or all, listed."""
    words = list(allowed)
    if not words:
        return "nothing is allowed here"
    listed = ", ".join(words[:most]) + (", ..." if len(words) > most else "")
    near = nearest(word, words)
    return f"did you mean '{near}'? allowed: {listed}" if near else f"allowed: {listed}"
