"""What stands in a database, as a value: read by one module, compared by another, planned over by all."""
