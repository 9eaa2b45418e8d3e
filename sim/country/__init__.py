"""Provinces, people, the calendar, potential attempts and legitimate traffic: all that no policy changes."""
