"""Gangs: their crews and their effort, which respond to the shield."""
