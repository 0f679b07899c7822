"""Byte streams to boards: the only room that touches pyserial, sockets and USB."""
