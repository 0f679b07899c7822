"""The lab: inventory, hub, stop, leases, store, people and the command line."""

__version__ = "0.1.0"
