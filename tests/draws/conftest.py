"""The first call of a compiled function compiles it: no example can be held to a deadline."""

from hypothesis import settings

settings.register_profile("compiled", deadline=None)
settings.load_profile("compiled")
