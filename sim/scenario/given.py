"""Components that were given to a scenario in Python: what is known of each, and a copy of it for every run."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Given:
    """A component as it was given.

    Attributes:
        name: The name of its class.
        module: The module of the class; ``__main__`` for one of a script or a notebook.
        sha256: Of the source of the class, and of all that it names of its module.
        settings: Its attributes, as JSON.
        contents: The component itself, pickled, by value where workers cannot import its class; empty for that of a
            stored run, which names its components only.
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
