"""The lab: inventory, hub, stop, leases, store, people and the command line."""
