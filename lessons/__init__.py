"""Lessons: their format, their checks and the runner; speaks of roles, never of brands."""
