"""The scenarios that come with the program, and which file a name means."""

from pathlib import Path

from sim.scenario.errors import Mistake, Place, ScenarioError, choices, dotted
from sim.scenario.scalars import found

SUFFIXES = (".yaml", ".yml")


def bundled_folder() -> Path:
    """The folder of the bundled scenarios: inside the installed package, or `scenarios/` of a checkout."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "bundled"
    return installed if installed.is_dir() else package.parent / "scenarios"


def bundled_names() -> list[str]:
    """The names of the bundled scenarios, sorted."""
    return sorted(path.stem for path in bundled_folder().glob("*.yaml"))


def is_path(name: str) -> bool:
    """Whether a text can only be a file's path, not the name of a bundled scenario."""
    return name.endswith(SUFFIXES) or "/" in name or "\\" in name


def bundled_scenarios() -> list[tuple[str, str]]:
    """Name and title of each bundled scenario, sorted by name; the title is the question that it asks."""
    from sim.scenario.positions import decode, read_nodes

    rows = []
    for name in bundled_names():
        place = Place(f"{name}.yaml", 1, 1)
        node, _ = read_nodes(decode((bundled_folder() / place.file).read_bytes(), place), place)
        title = node.child("title") if node is not None else None
        rows.append((name, str(title.value) if title is not None else ""))
    return rows


def find(name: str) -> tuple[Path, str]:
    """The file that a name or path means, and how messages call it; raises ScenarioError for neither."""
    place = Place(name or "''", 1, 1)
    path = Path(name)
    try:
        if is_path(name) or path.is_file():
            check_file(path, place)
            return path, name
    except (OSError, ValueError):  # a name too long or with NUL
        raise ScenarioError([Mistake(place, dotted(()), "there is no such file", "a scenario file")]) from None
    names = bundled_names()
    if name not in names:
        raise ScenarioError([Mistake(place, dotted(()), "there is no such scenario", choices(name, names))])
    return bundled_folder() / f"{name}.yaml", f"{name}.yaml"


def check_file(path: Path, place: Place, key: str = "") -> None:
    """Raise ScenarioError, blaming `place`, unless the path is that of a regular file."""
    what = None
    if path.is_dir():
        what = "is a folder"
    elif not path.exists():
        what = "does not exist"
    elif not path.is_file():
        what = "is no regular file"
    if what is not None:
        name = found(path.name) if key else "the file"
        raise ScenarioError([Mistake(place, key or dotted(()), f"{name} {what}", "a file that can be read")])


def read_bytes(path: Path, place: Place, limit: int) -> bytes:
    """At most `limit` + 1 bytes of a file; raises ScenarioError where it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(limit + 1)
    except OSError as error:
        what = f"cannot be read: {error.strerror or type(error).__name__}"
        raise ScenarioError([Mistake(place, dotted(()), what, "a file that can be read")]) from None
