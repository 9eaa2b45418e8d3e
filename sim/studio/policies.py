"""The policies of a studio: one scenario file each in its folder, all of which extend the baseline."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any

from sim.base.failures import UsageError
from sim.language.spoken import marked, said
from sim.scenario.bundled import bundled_folder, bundled_names, is_path
from sim.scenario.errors import ScenarioError, found
from sim.scenario.levers import levers
from sim.scenario.load import Scenario, load_scenario
from sim.scenario.parameters import is_full_form
from sim.scenario.reading import read_plain
from sim.scenario.schema.base import NAME
from sim.scenario.writing import as_typed, flow_text, to_yaml
from sim.store.folder import whole

ENDING = ".yaml"

DRAFT = "draft"
"""The name of a policy that was not named yet."""

UNNAMED = f".{DRAFT}{ENDING}"
"""The file of a policy that is checked and not saved."""

ENTRIES = (("measures", "*"), ("desks", "*", "by_province", "*"))
"""Paths whose values are one entry of a policy, even though they are maps."""

HEAD = ("schema", "name", "title", "extends")
"""Keys of a policy's file that change nothing."""

DEEPEST = 10
"""Parts of the longest keys; no key of a scenario has so many."""

Values = Mapping[str, str]
"""What a policy changes: a YAML text by dotted key."""


class Policies:
    """The saved policies of a folder.

    ``base`` is how their files, and commands, name the baseline: a bundled name, or a file of the folder. A baseline
    from elsewhere is copied there, because a scenario can extend only bundled ones and files below its folder.
    """

    def __init__(self, folder: Path, base: str) -> None:
        """Find the baseline; ScenarioError if it has mistakes."""
        scenario = load_scenario(base)
        self.folder = folder
        self._extends = self._policies_of = base
        self._turn = Lock()
        if is_path(base):
            self._extends, self._policies_of = f"baseline-{scenario.name}{ENDING}", _content(Path(base)).get("extends")
            folder.mkdir(parents=True, exist_ok=True)
            with whole(folder / self._extends) as unfinished:
                unfinished.write_text(scenario.yaml_of_levers(), encoding="utf-8", newline="\n")
        self.scenario = load_scenario(self.base)

    @property
    def base(self) -> str:
        """The baseline as commands name it."""
        return str(self.folder / self._extends) if is_path(self._extends) else self._extends

    def path(self, name: str) -> Path:
        """Return the file of a policy; UsageError for a name that no policy can have."""
        if name.endswith(ENDING) or not re.fullmatch(NAME, name):
            raise UsageError(
                f"{found(name)} cannot be the name of a policy; use letters, digits, '.', '_' and '-', at most 80, the "
                f"first a letter or digit, and no ending {ENDING}"
            )
        if name in bundled_names() or f"{name}{ENDING}" == self._extends:
            raise UsageError(f"{found(name)} is the name of another scenario; use another name")
        return self.folder / f"{name}{ENDING}"

    def names(self) -> list[str]:
        """Return the names of the saved policies, sorted."""
        files = self.folder.glob(f"*{ENDING}") if self.folder.is_dir() else ()
        return sorted(one.stem for one in files if not one.name.startswith(".") and one.name != self._extends)

    @cached_property
    def bundled(self) -> dict[str, str]:
        """The titles of the bundled policies of the baseline, or of what its file extends, by name."""
        rows = {name: _content(bundled_folder() / f"{name}{ENDING}") for name in bundled_names()}
        return {
            name: row["title"]
            for name, row in rows.items()
            if row.get("extends") == self._policies_of and "period" not in row
        }

    def text(self, name: str, title: str, values: Values) -> str:
        """Return the text of a policy's file.

        Raises:
            UsageError: For a name that no policy can have, or a key within another key that is given, too. A value
                that is not YAML raises a ScenarioError.
        """
        self.path(name)
        changes: dict[str, Any] = {}
        for key, value in values.items():
            *above, last = key.split(".")
            if len(above) > DEEPEST:
                raise UsageError(f"{key[:40]}...: must be a key of a scenario, of at most {DEEPEST} parts")
            if (above or [last])[0] in HEAD:
                raise UsageError(f"{key}: cannot be changed by a policy of the studio; use a scenario file")
            holder = changes
            for part in above:
                holder = holder.setdefault(part, {})
                if not isinstance(holder, dict):
                    raise UsageError(f"{key}: a key above it is given, too; use one of them")
            if last in holder:
                raise UsageError(f"{key}: a key below it is given, too; use one of them")
            holder[last] = read_plain(value)
        title = title or f"What changes relative to {self.scenario.name}?"
        return to_yaml({"schema": 1, "name": name, "title": title, "extends": self._extends, **changes})

    def save(self, name: str, title: str, values: Values) -> Path:
        """Write the file of a policy, whole or not at all, and return its path; raises what ``checked`` raises."""
        text = self.text(name, title, values)
        self.checked(name, title, values)
        path = self.path(name)
        with self._turn, whole(path) as unfinished:  # two pages may save at the same moment
            unfinished.write_text(text, encoding="utf-8", newline="\n")
        return path

    def checked(self, name: str, title: str, values: Values, **arguments: Any) -> Scenario:
        """Return the scenario of a policy that is not saved, read from a file as a command would read it.

        A ScenarioError has every mistake that was found.

        Args:
            name: Its name.
            title: Its question; by default what it changes.
            values: What it changes.
            **arguments: Plain values by key, applied last, as ``load_scenario`` takes them.

        Returns:
            The scenario.
        """
        with self._unnamed(self.text(name, title, values)) as path:
            return load_scenario(str(path), None, **arguments)

    def changes(self, name: str, title: str, values: Values) -> list[str]:
        """Return what a policy changes, one line a lever, as ``tocsin diff`` tells it; raises what ``checked`` does."""
        return [lever.told for lever in levers(self.scenario, self.checked(name, title, values))]

    def outside(self, name: str, title: str, values: Values) -> list[str]:
        """Return a sentence for each value of a policy without mistakes that lies outside the range of its key."""
        sources = self.scenario.sources
        ranges = {key: as_typed(list(sources[key].range or ())) for key in values if key in sources}
        ranged = {
            key: flow_text({"value": read_plain(values[key]), "range": ends}) for key, ends in ranges.items() if ends
        }
        try:
            self.checked(name, title, {**values, **ranged})
        except ScenarioError as error:
            text = marked("{key} = {value}: outside of its range, {low} to {high}. It can be run; nothing supports it.")
            wrong = [one.key for one in error.mistakes if one.key in ranged]
            return [said(text, key=key, value=values[key], low=ranges[key][0], high=ranges[key][1]) for key in wrong]
        return []

    @contextmanager
    def _unnamed(self, text: str) -> Iterator[Path]:
        """Write a file for one reader at a time, and remove it."""
        path = self.folder / UNNAMED
        with self._turn:
            self.folder.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
            try:
                yield path
            finally:
                path.unlink(missing_ok=True)

    def opened(self, name: str) -> dict[str, Any]:
        """Return a saved or bundled policy: its name, title and values, as ``save`` takes them.

        Raises:
            UsageError: If there is none of this name, or it was not written here.
        """
        bundled = name in self.bundled
        path = bundled_folder() / f"{name}{ENDING}" if bundled else self.path(name)
        try:
            content = _content(path)
        except OSError:
            raise UsageError(f"there is no policy {found(name)}; saved: {', '.join(self.names()) or 'none'}") from None
        except (ScenarioError, UnicodeDecodeError) as error:
            raise UsageError(f"{path}: cannot be read: {error}") from None
        if not isinstance(content, dict) or (content.get("extends") != self._extends and not bundled):
            raise UsageError(
                f"{path}: does not extend {self._extends}; use tocsin compare, or tocsin studio with its base"
            )
        return {
            "name": f"my-{name}" if bundled else name,
            "title": content.get("title", ""),
            "values": entries(content),
        }

    def fingerprint(self) -> str:
        """Return what identifies the baseline, for links."""
        return self.scenario.sha256[:16]


def _content(path: Path) -> Any:
    """Return the content of a scenario file."""
    return read_plain(path.read_text(encoding="utf-8"))


def entries(content: Mapping[str, Any]) -> Values:
    """Return what the content of a policy's file changes, as ``save`` takes it."""
    return dict(_entries({key: value for key, value in content.items() if key not in HEAD}, ()))


def _entries(value: Any, path: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Yield the entries below a path: each value, also in full form, or map of ``ENTRIES``, as YAML by dotted key."""
    whole_map = any(
        len(path) == len(entry) and all(want in ("*", have) for want, have in zip(entry, path, strict=True))
        for entry in ENTRIES
    )
    if isinstance(value, dict) and value and not whole_map and not is_full_form(value):
        for key, inner in value.items():
            yield from _entries(inner, (*path, str(key)))
    else:
        yield ".".join(path), flow_text(value)
