"""The demo's `strangler.yaml`."""

from __future__ import annotations

from typing import Final

from strangler_demo.load import IDENTITY_HEADER
from strangler_demo.traffic import READS

_TEMPLATE: Final = """\
# Written by `strangler demo`. Two billing services, nine routes that read, three that write.
version: 1
legacy: {{url: {legacy}}}
candidate: {{url: {candidate}, version: {{header: X-Billing-Version}}}}
serve: {{listen: "{listen}", control: "{control}"}}
ledger: {ledger}
worker: {{timeout: 6s, reask: 300ms}}

routes:
  customer: {{match: {{method: GET, path: "/customers/{{id}}"}}, identity: &who {{header: {identity}}}}}
  statement: {{match: {{method: GET, path: "/customers/{{id}}/invoices"}}, identity: *who}}
  # Both systems know one series of invoice numbers: no gap, no double, and none drawn by who only follows.
  invoice:
    match: {{method: GET, path: "/invoices/{{id}}"}}
    identity: *who
    numbers: &sequence {{number: $.number, document: $.id}}
  invoice_xml: {{match: {{method: GET, path: "/invoices/{{id}}.xml"}}, identity: *who}}
  invoice_run: {{match: {{method: GET, path: "/invoice-runs/{{day}}.csv"}}, identity: *who}}
  credit_note: {{match: {{method: GET, path: "/credit-notes/{{id}}"}}, identity: *who}}
  receipt: {{match: {{method: GET, path: "/receipts/{{id}}"}}, identity: *who}}
  payment: {{match: {{method: GET, path: "/payments/{{id}}"}}, identity: *who}}
  # Priced and answered, nothing written: a POST that only reads.
  quote: {{match: {{method: POST, path: /quotes}}, safe: true, identity: *who}}
  new_invoice: {{match: {{method: POST, path: /invoices}}, identity: *who, numbers: *sequence}}
  new_payment: {{match: {{method: POST, path: /payments}}, identity: *who}}
  new_credit_note: {{match: {{method: POST, path: /credit-notes}}, identity: *who}}

# Where the candidate rightly speaks otherwise.
rules:
  - instant: $..issued_on
    format: {{legacy: "%d.%m.%Y", candidate: "%Y-%m-%d"}}
    reason: legacy writes the issue date day first
    owner: billing
    expires: {expires}
  - identity: $..account_id
    reason: account numbers became opaque ids
    owner: billing
    expires: {expires}
  - map: $..status
    values: {{O: open, T: part-paid, B: paid}}
    reason: status letters became words
    owner: billing
    expires: {expires}
  - rename: $.address.plz
    to: $.address.postal_code
    reason: the field has an English name now
    owner: billing
    expires: {expires}

policy:
  tolerate: {{rate: 1%, alpha: 5%}}
  failed: 0.2%
  latency: {{floor: 3s}}  # everything here shares the cores of one machine, so that only a stall counts as slow

cutovers:
  reads:
    routes: [{reads}]
    state: {{synced: {{lag: {{url: "{lag}", path: $.seconds}}, within: 2s}}}}
    steps: [1, 5, 25, 50, 100]
    # Only reads move here: legacy goes on booking by itself, and the candidate must not while it follows.
    effects:
      booking: {{kind: payments, owner: legacy, candidate: {{url: "{lag}", path: $.role, quiet: follower}}}}
"""


def demo_config(
    *,
    legacy: str,
    candidate: str,
    lag: str,
    ledger: str = "sqlite:///strangler.db",
    listen: str = "127.0.0.1:0",
    control: str = "127.0.0.1:0",
    expires: str = "2027-06-30",
) -> str:
    """The file's text. `legacy`, `candidate`: base URLs; `lag`: the probe's URL; `expires`: of the
    rules, ISO.
    """
    return _TEMPLATE.format(
        legacy=legacy,
        candidate=candidate,
        lag=lag,
        ledger=ledger,
        listen=listen,
        control=control,
        expires=expires,
        identity=IDENTITY_HEADER,
        reads=", ".join(READS),
    )
