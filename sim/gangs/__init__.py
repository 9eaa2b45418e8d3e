"""Gangs: their crews and their effort, which respond to what the shield does to them."""
