"""The country: provinces, people, calendar, measures in force, potential attempts, legitimate traffic, staff."""
