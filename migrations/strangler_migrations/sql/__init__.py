"""SQL as text: names, tokens, and what PostgreSQL calls its locks. Pure."""
