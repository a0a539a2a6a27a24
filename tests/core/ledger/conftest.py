from strangler.testing.fixtures import (  # noqa: F401  fixtures are found by name
    ledger,
    ledger_url,
    postgres,
    postgres_ledger,
    sqlite_template,
)
