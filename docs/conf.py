"""The site: ``python -m sphinx -W -c docs . SITE`` puts documents and notebooks, as they lie, into the folder SITE."""

project = "Tocsin"
author = "The Tocsin authors"
extensions = ["myst_nb"]

root_doc = "docs/index"
include_patterns = ["docs/**", "results/*.ipynb", "benchmarks/README.md", "*.md"]
exclude_patterns = ["**/.*", "README.md"]

# Notebooks show what they are stored with; tests execute them.
nb_execution_mode = "off"
# Links to headings are those that repositories' hosts make.
myst_heading_anchors = 4

html_theme = "furo"
html_title = "Tocsin"
html_show_sphinx = False
html_copy_source = False
