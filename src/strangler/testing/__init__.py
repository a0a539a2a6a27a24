"""Fakes to test against: a clock, an origin that misbehaves on the wire, a client that reads every byte.

Hand-written, public, and tested; a plug-in's or a plane's own tests may use them too.
"""
