"""``pytest benchmarks`` times in one process, although tests are spread over several (pyproject.toml)."""

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Leave the tests to this process, unless several are asked for: pytest-benchmark would time nothing else."""
    if not config.getoption("numprocesses", None):
        config.option.dist = "no"
