"""The cost of Tocsin: relative to the limits of the machine, to other libraries, and engine against engine."""
