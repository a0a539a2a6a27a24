"""What each operation of the API reads."""
