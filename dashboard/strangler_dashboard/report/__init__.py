"""The report: what the pages show, as one file that stands by itself."""
