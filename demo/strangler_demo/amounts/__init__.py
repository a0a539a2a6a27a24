"""A chapter of its own: one PostgreSQL, two services on it, and an amount that stops being a float under traffic."""
