"""Random numbers as functions of who draws (an identity) and what for (a purpose)."""

from sim.base.limits import demand_room

demand_room()  # before the compiler is loaded, whose errors do not say what is missing
