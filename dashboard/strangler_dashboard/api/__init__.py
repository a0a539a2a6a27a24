"""`/api/v1`: what the pages show, for programs, in the shapes of the commands' `--json`.

Every operation stands in one table (`table.py`) with what it needs, takes and answers; the OpenAPI document is made of
that table and of the answers' types, so neither can say what the other does not.
"""
