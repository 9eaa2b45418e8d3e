"""Random numbers as functions of who draws (an identity) and what for (a purpose)."""
