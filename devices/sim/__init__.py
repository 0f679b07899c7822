"""The simulated lab: an arena, robots in it, and their boards at the wire; ships with the product."""
