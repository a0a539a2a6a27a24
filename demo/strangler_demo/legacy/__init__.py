"""The legacy billing service: amounts stored as text, dates as dd.mm.yyyy, half-up rounding on every line."""
