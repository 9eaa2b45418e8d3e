"""The site: it builds without a warning, and whatever its pages point to is in it."""

import inspect
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

import sim
from tests.browser import serious

ROOT = Path(__file__).resolve().parent.parent

MISSING = [module for module in ("sphinx", "myst_nb", "furo") if find_spec(module) is None]


class Page(HTMLParser):
    """What a page points to, and what in it can be pointed to."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.ids: set[str] = set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the targets and the identity of an element."""
        for name, value in attrs:
            if name in ("href", "src") and value is not None:
                self.targets.append(value)
            elif name == "id" and value is not None:
                self.ids.add(value)


PAGES = ("docs/index", "docs/questions", "docs/tutorial", "docs/cli", "docs/model", "results/compare", "search")
"""Pages of each kind: cards, pictures with files, sessions, tables, formulas, a notebook, a form."""


@pytest.mark.slow
def test_the_site_builds_without_warnings_leads_somewhere_and_shuts_nobody_out(
    tmp_path: Path, chromium: Any, axe: str
) -> None:
    """All in one test: two would build the site twice where they run side by side, which takes a minute."""
    if MISSING and "CI" not in os.environ:
        pytest.skip(f"not installed: {', '.join(MISSING)}")
    site = tmp_path / "site"
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-c", "docs", ".", str(site)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    leads_somewhere(site)
    found = []
    for width, scheme in ((1440, "light"), (390, "dark")):
        page = chromium.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        for name in PAGES:
            page.goto((site / f"{name}.html").as_uri())
            found += [f"{name}, {width} pixels: {line}" for line in serious(page, axe)]
        page.close()
    assert not found, "\n".join(found)


def leads_somewhere(site: Path) -> None:
    """Check the pages that there are, and that each link leads to one, or to a place in it."""
    pages = {path.resolve(): Page(path) for path in site.rglob("*.html")}
    assert {"tutorial.html", "model.html", "cli.html", "index.html"} <= {path.name for path in pages}
    assert {"compare.html", "first-look.html"} <= {path.name for path in pages}, "notebooks"
    reports = [path.name for path in pages if path.parent == (site / "docs" / "gallery").resolve()]
    assert sorted(reports) == ["comparison.html", "run.html", "singapore.html"]
    assert "sim.load_scenario" in pages[(site / "docs" / "api.html").resolve()].ids, "docstrings"
    lost = []
    for path, page in pages.items():
        for target in page.targets:
            parts = urlsplit(target)
            if parts.scheme or parts.netloc or target in ("", "#"):
                continue
            file = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            known = pages[file].ids if file in pages else None
            if not file.exists() or (parts.fragment and known is not None and unquote(parts.fragment) not in known):
                lost.append(f"{path.relative_to(site)}: {target}")
    assert lost == []
    assert (site / "searchindex.js").exists(), "what search works with, offline"


def test_the_python_reference_has_all_names() -> None:
    listed = re.findall(r"^\.\. auto\w+:: sim\.(\w+)$", (ROOT / "docs" / "api.md").read_text(encoding="utf-8"), re.M)
    assert sorted(listed) == sorted(name for name in sim.__all__ if name != "__version__")


def test_what_public_functions_return_is_not_taken_for_a_type() -> None:
    """Napoleon, which reads docstrings for the site, takes what stands before a colon in the first line for a type."""
    taken = [
        name
        for name in sim.__all__
        if re.search(r"^Returns:\n +[^\n]*[^:]: ", inspect.getdoc(getattr(sim, name)) or "", re.M)
    ]
    assert taken == []
