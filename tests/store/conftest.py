"""Runs made up for the tests of this room."""

from tests.made_up import as_made, made_up, run  # noqa: F401
