"""Gangs: their members and their effort, which respond to the shield."""
