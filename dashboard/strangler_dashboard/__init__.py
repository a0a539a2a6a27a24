"""The pages, and what is read for them. Nothing is imported here: `strangler --help` must stay quick."""
