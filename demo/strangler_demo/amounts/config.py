"""The chapter's `strangler.yaml`, and its migration."""

from __future__ import annotations

from typing import Final

from strangler_demo.load import IDENTITY_HEADER

CUTOVER: Final = "billing"
MIGRATION: Final = "01_amounts"
MIGRATION_TEXT: Final = """\
operations:
  - change_money:
      table: invoices
      columns: [amount]
      currency: EUR
"""
_TEMPLATE: Final = """\
# Written by `strangler demo --chapter amounts`. Two services, one database, one migration under it.
version: 1
legacy: {{url: {legacy}}}
candidate: {{url: {candidate}, version: {{header: X-Billing-Version}}}}
serve: {{listen: "127.0.0.1:0", control: "127.0.0.1:0"}}
ledger: sqlite:///strangler.db
worker: {{timeout: 10s, reask: 300ms}}

routes:
  invoice: {{match: "GET /invoices/{{id}}", identity: &who {{header: {identity}}}}}
  balance: {{match: "GET /customers/{{id}}/balance", identity: *who}}
  new_invoice: {{match: POST /invoices, identity: *who}}
  credit: {{match: "POST /invoices/{{id}}/credit", identity: *who}}

policy:
  tolerate: {{rate: 1%, alpha: 5%}}
  failed: 0.2%
  latency: {{floor: 3s}}  # everything here shares the cores of one machine, so that only a stall counts as slow

migrations:
  database: "{database}"
  # Nobody may have been seen with the old form for so long: here the least there is. By default 31 days, with a
  # month's end.
  window: 90s
  month_end: false

cutovers:
  {cutover}:
    routes: [invoice, balance, new_invoice, credit]
    state: shared
    steps: [10, 50, 100]
    keeps: {{{migration}: retired}}  # until then legacy reads the float
"""


def chapter_config(*, legacy: str, candidate: str, database: str) -> str:
    """The file's text: base URLs of both services, and the database's."""
    return _TEMPLATE.format(
        legacy=legacy,
        candidate=candidate,
        database=database,
        identity=IDENTITY_HEADER,
        cutover=CUTOVER,
        migration=MIGRATION,
    )
