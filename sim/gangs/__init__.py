"""Gangs: their crews and their effort, which follow what the shield does to them."""
