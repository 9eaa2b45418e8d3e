"""Templates filled in: pages and fragments of HTML, and the hashes by which a page allows its scripts."""

import base64
import hashlib
from pathlib import Path
from typing import Any

from sim.language.spoken import counted, said, spoken
from sim.report.looks import capital

FOLDER = Path(__file__).parent
"""Where the templates of reports lie."""


def filled(template: str, folder: Path = FOLDER, **values: Any) -> str:
    """Return a page: a template of a folder, filled in."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(said=said, counted=counted, capital=capital)
    return environment.get_template(template).render(language=spoken(), **values)


def content_hash(script: str) -> str:
    """Return the hash by which the page's content security policy allows a script."""
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
