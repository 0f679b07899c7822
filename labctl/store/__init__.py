"""The store: what the lab must still know after a power cut, in one SQLite file with one writer."""
