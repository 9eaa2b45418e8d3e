"""The site: ``python -m sphinx -W -c docs . SITE`` puts documents and notebooks, as they lie, into the folder SITE.

Beside them it puts references that the program writes, the Python reference, and reports of runs that it makes.
"""

import tempfile
from pathlib import Path

from sphinx.application import Sphinx

import sim
from tools.references import PAGES

project = "Tocsin"
author = "The Tocsin authors"
version = release = sim.__version__
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]

root_doc = "docs/index"
include_patterns = ["docs/**", "results/*.ipynb", "benchmarks/README.md", "*.md"]
exclude_patterns = ["**/.*", "README.md"]

# Notebooks show what they are stored with; tests execute them.
nb_execution_mode = "off"
# Links to headings are those that repositories' hosts make.
myst_heading_anchors = 4

autodoc_typehints = "description"
autodoc_member_order = "bysource"

html_theme = "furo"
html_title = f"Tocsin {version}"
html_show_sphinx = False
html_show_copyright = False
html_copy_source = False

ACCESSIBLE = """\
function accessible() {
  document.querySelectorAll("p.caption[role=heading]").forEach((one) => one.setAttribute("aria-level", "2"));
  document.querySelectorAll("pre, .table-wrapper").forEach((one) => {
    one.tabIndex = one.scrollWidth > one.clientWidth ? 0 : -1;
  });
}
addEventListener("DOMContentLoaded", accessible);
addEventListener("resize", accessible);
"""
"""What Sphinx and the theme leave out: levels of headings in the menu, and wide code and tables for the keyboard."""

GALLERY = {
    "run": ["china-2022"],
    "comparison": ["china-2022", "no-warning"],
    "singapore": ["singapore", "transfers-wait"],
}
"""Reports of the gallery, each with the scenarios that it shows."""

SAMPLE = {"population.pool": "country", "scale": 0.005}
"""How the others are run."""

WHOLE = GALLERY["singapore"]
"""Scenarios that are run one to one."""


def write_references() -> None:
    """Write the pages of ``docs/reference``, which git ignores."""
    folder = Path(__file__).parent / "reference"
    folder.mkdir(exist_ok=True)
    for name, write in PAGES.items():
        (folder / f"{name}.md").write_text(write(), encoding="utf-8")


def write_reports(app: Sphinx, error: Exception | None) -> None:
    """Write the reports of ``docs/gallery.md`` beside its page."""
    if error is not None or app.builder.format != "html":
        return
    gallery = Path(app.outdir) / "docs" / "gallery"
    gallery.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        runs = {
            name: sim.run(sim.load_scenario(name, **({} if name in WHOLE else SAMPLE)), out=Path(folder) / name)
            for name in sorted({name for names in GALLERY.values() for name in names})
        }
        for report, names in GALLERY.items():
            sim.report([runs[name] for name in names], gallery / f"{report}.html")


def setup(app: Sphinx) -> None:
    """Write references before pages are built and reports after them; add ``ACCESSIBLE`` to each page."""
    write_references()
    app.add_js_file(None, body=ACCESSIBLE)
    app.connect("build-finished", write_reports)
