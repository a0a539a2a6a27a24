"""A file per operation: its model, and what it does in every phase."""
