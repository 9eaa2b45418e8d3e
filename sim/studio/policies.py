"""Policies of a studio, scenario files that extend its baseline; and questions about them, with the equal command."""

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any

from sim.base.failures import RefusedError, UsageError
from sim.experiments.paired import PAIRS, Pairs
from sim.experiments.pairing import demand_pair
from sim.experiments.simulations import is_large
from sim.forecast import Forecast, Job, between
from sim.forecast import size as bytes_said
from sim.language import marked, said
from sim.scenario.errors import ScenarioError, found
from sim.scenario.levers import levers
from sim.scenario.load import Options, Scenario, load_scenario, posterior
from sim.scenario.merging import is_full_form
from sim.scenario.reading import as_typed, bundled_folder, bundled_names, flow_text, is_path, read_plain, to_yaml
from sim.scenario.schema.base import NAME
from sim.scenario.schema.population import COUNTRY, NO_POOL, REGIONS
from sim.store.folder import whole

SAMPLE = 7_000_000
"""People with whom a run takes seconds: the flagship's at scale 0.005."""


@dataclass(frozen=True)
class RunSize:
    """How large runs are: the sampled share of the population, the pool, and provinces that are simulated apart."""

    scale: float
    pool: str = COUNTRY
    apart: tuple[str, ...] = ()

    @classmethod
    def quick(cls, scenario: Scenario, apart: Sequence[str] = ()) -> "RunSize":
        """Return the size with which a run of a scenario takes seconds and waits stay near the country's."""
        people = scenario.spec.population.people
        scale = float(f"{min(1.0, SAMPLE / sum(people.values())):.1g}")
        if scale == 1.0 or len(people) == 1:
            return cls(scale, NO_POOL)
        return cls(scale, COUNTRY, tuple(apart))

    @property
    def arguments(self) -> Options:
        """The options of a scenario, as Python takes them."""
        return {"scale": self.scale, "pool": {"apart": list(self.apart)} if self.apart else self.pool}

    @property
    def options(self) -> list[str]:
        """The options of a command."""
        apart = [word for one in self.apart for word in ("--apart", one)]
        return ["--scale", f"{self.scale:g}", "--pool", self.pool, *apart]


WHOLE = RunSize(1.0, NO_POOL)
"""The size of runs of everybody, in separate provinces."""


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


MOST_POLICIES = 4
"""The most policies of a question."""

MOST_PAIRS = 64
"""The most pairs, or posterior draws, of a question; a command has no such limit."""

DRAWS = 20
"""The posterior draws that a page offers."""

POOLS = (COUNTRY, REGIONS, NO_POOL)
"""The pools that a page offers."""


def size_of(row: Mapping[str, Any]) -> RunSize:
    """Return the size that a page asks for; UsageError for one that the options do not allow."""
    scale, pool, apart = row.get("scale"), row.get("pool"), row.get("apart", [])
    if isinstance(scale, bool) or not isinstance(scale, int | float) or not 0 < scale <= 1:
        raise UsageError("--scale: must be a number above 0 and at most 1")
    if pool not in POOLS:
        raise UsageError(f"--pool: must be one of {', '.join(POOLS)}")
    if not isinstance(apart, list) or not all(isinstance(one, str) for one in apart):
        raise UsageError("--apart: must be names or codes of provinces")
    if apart and pool != COUNTRY:
        raise UsageError(f"--apart: cannot be used with --pool {pool}; use --pool {COUNTRY}")
    return RunSize(float(scale), str(pool), tuple(apart))


@dataclass(frozen=True)
class Question:
    """Saved policies to compare with the baseline, the size of the runs, and the number of pairs.

    Attributes:
        policies: Names of the saved policies.
        size: The size of all runs.
        replicates: Pairs of runs, each with its own seed; 1 with ``draws``.
        draws: Posterior draws, one pair each; None for the scenarios' own values.
        events: Whether runs record every event, so that the ways of single people can be shown.
        large: Whether runs may keep the machine busy for minutes each.
    """

    policies: tuple[str, ...]
    size: RunSize
    replicates: int
    draws: int | None = None
    events: bool = False
    large: bool = False

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "Question":
        """Return the question that a page asks; UsageError for one that no command asks."""
        names, draws = row.get("policies"), row.get("draws")
        pairs = row.get("replicates", PAIRS if draws is None else 1)
        if (
            not isinstance(names, list)
            or not 1 <= len(names) <= MOST_POLICIES
            or len(set(map(str, names))) < len(names)
        ):
            raise UsageError(f"policies: must be 1 to {MOST_POLICIES} different names of saved policies")
        if not all(isinstance(one, str) for one in names):
            raise UsageError("policies: must be names")
        if not _is_count(pairs):
            raise UsageError(f"--replicates: must be a whole number from 1 to {MOST_PAIRS}")
        if draws is not None and not (_is_count(draws) and draws > 1 and pairs == 1):
            raise UsageError(f"--draws: must be a whole number from 2 to {MOST_PAIRS}, with one replicate")
        events, large = row.get("events", False), row.get("large", False)
        if not isinstance(events, bool) or not isinstance(large, bool):
            raise UsageError("events and large must be true or false")
        return cls(tuple(names), size_of(row), pairs, draws, events, large)

    @property
    def pairs(self) -> int:
        """Pairs of runs of each policy with the baseline."""
        return self.replicates * (self.draws or 1)

    def files(self, policies: Policies) -> list[str]:
        """Return the baseline and the policies as a command names them."""
        return [policies.base, *(str(policies.path(name)) for name in self.policies)]

    def command(self, policies: Policies) -> str:
        """Return the command that asks the same."""
        words = ["tocsin", "compare", *self.files(policies), *self.size.options, "--replicates", str(self.replicates)]
        words += [] if self.draws is None else ["--draws", str(self.draws)]
        words += ["--events", "all"] if self.events else []
        return shlex.join(words)

    def scenarios(self, policies: Policies) -> Pairs:
        """Return the pairs of scenarios to run.

        Mistakes of a file raise a ScenarioError, scenarios that cannot be paired a PairingError, and runs that are too
        large for a page a UsageError.
        """
        events = "all" if self.events else None
        found = Pairs(self.files(policies), self.replicates, self.draws, events, self.size.arguments)
        base, *others = found.pair(0)
        if not self.large:
            demand_small(base)
        for other in others:
            demand_pair(base, other)
        return found

    def time(self, policies: Policies) -> str:
        """Return how long the runs take on this machine, and their memory.

        A ScenarioError has the mistakes of the baseline at this size.
        """
        number = (1 + len(self.policies)) * self.pairs
        values = {"record.events": "all"} if self.events else None
        base = load_scenario(policies.base, values, **self.size.arguments)
        forecast = Forecast.of(Job.of([(base, number)], None, kept=True))
        return said(
            "{count} runs: {time}, {memory} of memory",
            count=number,
            time=between(forecast.low_s, forecast.high_s),
            memory=bytes_said(forecast.memory_bytes),
        )


def _is_count(value: Any) -> bool:
    """Return whether a value of a request is a number of pairs that a page may ask for."""
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MOST_PAIRS


def draws_of(policies: Policies) -> int:
    """Return how many posterior draws a page offers: 0 where none are stored with the baseline."""
    try:
        return min(DRAWS, len(posterior(policies.base)))
    except ScenarioError:
        return 0


def demand_small(scenario: Scenario) -> None:
    """Raise UsageError for runs that keep a machine busy for minutes: those are for the command line."""
    if is_large(scenario):
        raise UsageError(
            said("Runs of this size take minutes each. Copy the command, or use a smaller scale or a pool.")
        )


def provinces_of(values: Values) -> list[str]:
    """Return the provinces that a policy names: those with their own staff, and those of its measures."""
    named: list[str] = []
    for key, text in values.items():
        parts = key.split(".")
        if len(parts) > 3 and parts[0] == "desks" and parts[2] == "by_province":
            named.append(parts[3])
        elif parts[0] == "measures":
            measure = read_plain(text)
            listed = measure.get("provinces") if isinstance(measure, dict) else None
            named += map(str, listed if isinstance(listed, list) else [])
    return list(dict.fromkeys(named))


def pooled_away(values: Values, size: RunSize) -> list[str]:
    """Return the provinces that a policy names and that runs of this size cannot tell from others."""
    return [] if size.pool == NO_POOL else [one for one in provinces_of(values) if one not in size.apart]


def refusals(policies: Policies, name: str, title: str, values: Values, size: RunSize) -> list[str]:
    """Return why runs of this size cannot answer what a policy asks; nothing if they can.

    Mistakes of the policy itself raise a ScenarioError, a name that no policy can have a UsageError.
    """
    policies.checked(name, title, values)
    lost = pooled_away(values, size)
    if lost:
        text = said(
            "{provinces}: simulated together with other provinces, so the runs show nothing about it alone.",
            provinces=", ".join(lost),
        )
        return [text]
    try:
        base = load_scenario(policies.base, None, **size.arguments)
        demand_small(base)
        demand_pair(base, policies.checked(name, title, values, **size.arguments))
    except ScenarioError as error:
        return [f"{one.message}; {one.allowed}" for one in error.mistakes]
    except RefusedError as error:
        return list(error.lines)
    return []
