"""Provinces, people, the calendar, potential attempts, legitimate traffic; and which measures are in force on a day."""
