"""Moves traffic: planes, capture, the shadow worker, control."""
