"""A strangler.yaml that uses every part of the format."""

WHOLE = """\
version: 1
legacy:
  url: https://billing.example.com/api
  auth: pass
  timeout: 30s
candidate:
  url: https://candidate.example.com/billing/v2
  auth: {replace: {Authorization: "Bearer ${CANDIDATE_TOKEN}"}}
  version: {endpoint: /version, path: $.version}
  connect: 500ms
serve:
  listen: 0.0.0.0:8600
  control: 127.0.0.1:8601
  planes: 2
  tls: {certificate: server.pem, key: server.key}
ledger: postgresql://billing@db.example.com/strangler
capture: {queue: 100, body_limit: 1MiB}
worker: {timeout: 5s, twins: 100, reask: 200ms}
redaction: {fields: ["$..email", "header:X-Customer-Name"]}
strata:
  country: {query: country}
  currency: {answer: $.currency, limit: 10}
routes:
  invoice:
    match: {method: GET, path: "/invoices/{id}", query: {format: "*"}, header: {Accept: "*json*"}}
    identity: {header: X-Customer}
    sample: 50%
    deadline: 2s
    rules:
      - decimal: [$.total, "$.lines[*].amount"]
        scale: 2
        tolerance: 1
      - {rename: $.customer, to: $.client}
  invoices: GET /invoices
  export:
    match: GET /export
    decode:
      fixed: {columns: {record: 1-2, account: 3-12}, key: [record, account], charset: latin-1}
  read:
    match: {method: POST, path: "/{database}/", body: {json-rpc: [model.*.read, model.*.search]}}
    safe: true
  pay:
    match: {method: POST, path: /payments}
    numbers: {number: $.receipt, document: $.id, series: $.country, settle: 10m}
rules:
  - ignore: [$.generated_at, "header:Date"]
    reason: the time of the answer
    owner: billing
    expires: 2030-01-01
  - unordered: $.lines
    by: id
  - instant: $.issued
    format: {legacy: "%d.%m.%Y", candidate: iso}
    zone: Europe/Berlin
    tolerance: 1s
  - identity: $.id
  - map: $.state
    values: {1: paid, open: OPEN}
policy:
  tolerate: {rate: 0.1%, alpha: 0.05}
  freshness: 24h
cutovers:
  reads:
    routes: [invoice, invoices]
    steps: [1, 5, 25, 50, 100]
    pinned: ["4711"]
    policy: {minimum: 100}
  writes:
    routes: pay
    state: {synced: {lag: {url: "https://replication.example.com/lag"}, within: 5s}}
    effects:
      month-end:
        legacy: {url: "https://billing.example.com/runs", path: $.enabled, headers: {Authorization: "Bearer ${RUNS}"}}
        candidate: {url: "https://candidate.example.com/runs", path: $.enabled, quiet: [false, null]}
      mails: {kind: mailer, moves: canary}
      archive: {kind: webhook, owner: legacy}
"""

SMALL = """\
version: 1
legacy: {url: "http://127.0.0.1:1"}
candidate: {url: "http://127.0.0.1:2"}
"""
