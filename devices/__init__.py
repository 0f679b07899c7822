"""Boards, robots and printers: how they are found, spoken to, simulated and stopped."""
