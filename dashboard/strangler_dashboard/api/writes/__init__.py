"""What the API changes: the acts that pages offer, and nothing else; each done once for its Idempotency-Key."""
