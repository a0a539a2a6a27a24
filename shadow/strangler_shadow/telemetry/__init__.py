"""Traces of exchange, comparison and verdict. Off unless configured, and then nothing of it is imported."""
