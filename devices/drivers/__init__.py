"""One driver a file: what speaks a protocol to a board, found by name through an entry point."""
