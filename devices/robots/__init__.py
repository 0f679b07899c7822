"""Robots: a board with a chassis, and the chassis as data."""
