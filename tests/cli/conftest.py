"""The command line, run inside the process of the tests."""

from tests.cli.commands import tocsin

__all__ = ["tocsin"]
