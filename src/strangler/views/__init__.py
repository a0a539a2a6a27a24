"""What people and programs are shown: typed views over read-only queries, the same for commands, pages and reports.

A view's fields are the names in `--json` and in the pages' `.json`: times are RFC 3339 in UTC or None, amounts
`Decimal` (text in JSON), durations `…_us`, shares `…_basis_points`. Nothing here writes, and nothing reads a clock.
"""
