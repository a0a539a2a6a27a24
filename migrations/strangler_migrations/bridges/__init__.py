"""Beside other tools: a strangler file run by an Alembic revision, pending migrations of Django."""
