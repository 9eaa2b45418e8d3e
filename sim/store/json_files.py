"""Read stored files: those that are not valid JSON, or differ from the recorded SHA-256, are refused."""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from sim.base.failures import RefusedError

Typed = TypeVar("Typed")


class FolderError(RefusedError):
    """A folder of results cannot be made at this path, or is not one."""


class DamagedError(FolderError):
    """A stored file was not written by this program, or was changed since."""


def sha256(path: Path) -> str:
    """Return the hexadecimal SHA-256 of a file; raises DamagedError if it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise DamagedError(f"{path}: cannot be read: {error.strerror or error}") from None


def demand_hashes(folder: Path, files: Mapping[str, str]) -> None:
    """Raise DamagedError unless each file of a folder has its recorded SHA-256."""
    for name, digest in files.items():
        if os.path.basename(name) != name or sha256(folder / name) != digest:
            raise DamagedError(f"{folder / name}: was changed after it was written: its SHA-256 differs")


def read_json(path: Path) -> Any:
    """Read a JSON document; raises DamagedError."""
    try:
        return json.loads(path.read_text(encoding="utf-8"), parse_constant=_refuse_constant)
    except (OSError, ValueError, RecursionError) as error:
        raise DamagedError(f"{path}: cannot be read: {error}".replace("\n", " ")) from None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def read_map(path: Path) -> dict[str, Any]:
    """Read a JSON document that is a map; raises DamagedError."""
    document = read_json(path)
    if not isinstance(document, dict):
        raise DamagedError(f"{path}: was not written by this program: it is not a map")
    return document


def typed(kind: type[Typed], value: object, strict: bool = False) -> Typed:
    """Return a value that was read as a type that pydantic knows; ``strict`` turns no text into a number.

    Raises:
        ValueError: With the place of the first mistake, and what it is.
    """
    from pydantic import TypeAdapter, ValidationError

    try:
        return TypeAdapter(kind).validate_python(value, strict=strict or None)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        what = first["msg"].replace("Field required", "is missing")
        _, should, allowed = what.partition(" should ")
        if should:
            what = f"{repr(first['input'])[:60]} cannot be used; must {allowed.partition(', unable')[0]}"
        raise ValueError(f"{'.'.join(map(str, first['loc']))}: {what}") from None


def digest_of(document: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a JSON document, whatever the order of its keys."""
    text = json.dumps(document, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


@contextmanager
def reading(place: Path) -> Iterator[None]:
    """Turn any error of reading a file with wrong content into a DamagedError."""
    import pyarrow as pa

    try:
        yield
    except RefusedError:
        raise
    except (pa.ArrowException, AttributeError, LookupError, TypeError, ValueError, ArithmeticError, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # an error of the machine; Arrow's errors have no number
        what = " ".join(f"{type(error).__name__}: {error}".split())
        raise DamagedError(f"{place}: was not written by this program ({what[:200]})") from error
