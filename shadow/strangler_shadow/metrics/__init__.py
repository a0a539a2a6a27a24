"""What is measured, for Prometheus and what speaks as it does: OpenMetrics, from what the ledger says."""
