"""``python -m labctl`` is the command line."""

from labctl.cli.main import main

main()
