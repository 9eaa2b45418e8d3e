"""Experiments: the same attempts and people under several policies."""
