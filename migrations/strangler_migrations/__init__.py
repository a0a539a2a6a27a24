"""Moves the databases in step: expand, backfill, verify, contract, drop."""
