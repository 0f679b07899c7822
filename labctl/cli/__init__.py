"""The command line: what a technician types. Modules are imported only when their command runs."""
