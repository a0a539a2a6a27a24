"""What goes out: one module per format, each a function from values to text."""
