"""The pages and the HTTP API over the ledger."""
