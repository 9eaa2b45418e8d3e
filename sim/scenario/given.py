"""Components that were given to a scenario in Python: their source and settings, and a copy for every run."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Given:
    """A component as it was given: its class, module, settings (JSON), and itself, pickled.

    ``sha256`` is that of the source of the class, and of everything in its module that it names. ``contents`` has the
    class by value where workers cannot import it, and is empty for a stored run, which only names its components.
    """

    name: str
    module: str
    sha256: str
    settings: str
    contents: bytes

    def described(self) -> dict[str, Any]:
        """Return what ``run.json`` says of it."""
        return {
            "class": self.name,
            "module": self.module,
            "sha256": self.sha256,
            "settings": json.loads(self.settings),
        }


def named_by(described: Sequence[Mapping[str, Any]]) -> tuple[Given, ...]:
    """Return the components that ``run.json`` names, without their contents."""
    return tuple(
        Given(one["class"], one["module"], one["sha256"], json.dumps(one["settings"]), b"") for one in described
    )


def described(components: Sequence[Given]) -> list[dict[str, Any]]:
    """Return what ``run.json`` says of components; two runs with other components say something else."""
    return [one.described() for one in components]


def with_components_digest(digest: str, components: Sequence[Given]) -> str:
    """Return a SHA-256 in hexadecimal digits that stands for a digest and components; the digest itself without any."""
    if not components:
        return digest
    text = json.dumps([digest, described(components)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
