"""The text of a first strangler.yaml: what is needed stands there, the rest as comments, each with its why."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from string import Template
from typing import Final

from strangler_cli.starting.found import FoundRoute

_PLAIN: Final = re.compile(r"[A-Za-z/][A-Za-z0-9/._-]*")

_TEXT: Final = Template("""\
# strangler moves requests from legacy to the candidate, one cutover at a time, with proof.
#
#   strangler check                    what this file would do, and what stands in its way
#   strangler serve                    listens on the address below; send clients there instead of to legacy
#   strangler cutover start reads      asks the candidate the same, beside legacy; clients notice nothing
#   strangler status                   what differs, what is proposed, what is next
#
# What is commented out shows an option with its default or an example. All options: `strangler schema`.
version: 1

# The system that answers today. A path in the URL stands in front of every request's.
legacy:
  url: $legacy
  # timeout: 30s                       # how long a client's request may wait for its answer
  # ca: certs/internal.pem             # certificates to trust for https

# The system that is to take over.
candidate:
  url: $candidate
  # Where its version is read. Evidence belongs to one version: without this the gate never passes.
  # version: {header: X-Version}       # from a header of every answer, or
  # version: {endpoint: /version}      # from JSON under its URL (path: $$.version), or
  # version: {value: "2.0.1"}          # said here
  # Its own credentials in place of the client's; $${NAME} is an environment variable.
  # auth: {replace: {Authorization: "Bearer $${CANDIDATE_TOKEN}"}}

serve:
  listen: 127.0.0.1:8600               # where clients come; 0.0.0.0:8600 for other machines
  # dashboard: 127.0.0.1:8602          # pages, on this machine; they need strangler[dashboard]
  # planes: 2                          # processes that carry traffic
  # tls: {certificate: server.pem, key: server.key}

# Counts, differences and transitions; never whole traffic.
ledger: sqlite:///strangler.db         # or postgresql://user@host/database, for a team

# Card numbers, IBANs, credentials and cookies never reach the ledger. Further places:
# redaction:
#   fields: ["$$..email", "header:X-Customer-Name"]

# Evidence is counted per value of these labels, and each must be good enough by itself.
# strata:
#   country: {query: country}
#   currency: {answer: $$.currency}

# What makes a request a route's; the most specific wins. What matches none goes to legacy, unobserved.
# A route that may be moved customer by customer says who the customer is:
#     identity: {header: X-Customer}   # or cookie, query, or path (a variable of the template)
# A POST that only reads says so, and is then compared as well:
#     safe: true
routes:
$routes

# What may differ, in every route (a route may have `rules:` of its own). Each is reviewed, owned, and ends.
# rules:
#   - ignore: $$.generated_at
#     reason: the time of the answer
#     owner: billing
#     expires: 2030-01-01
#   - decimal: "$$..amount"               # "10.0" and 10.00 are one amount
#   - unordered: $$.lines
#     by: id

# What the gate asks for. These are the defaults.
# policy:
#   tolerate: {rate: 0.1%, alpha: 5%}  # the rate of mismatches to stay under, and the risk of being wrong
#   failed: 0.2%                       # of comparisons, failed by the candidate
#   freshness: 24h                     # older evidence counts as none

# Routes that move together: legacy, shadow, canary (step by step), candidate, retired.
$cutovers
""")

_EVERYTHING: Final = FoundRoute("GET", "/{rest*}", name="everything-read")


def first_config(legacy: str, candidate: str, routes: Sequence[FoundRoute]) -> str:
    """The whole file. Without routes, one takes everything that only reads."""
    chosen = routes or (_EVERYTHING,)
    reads = [route.name for route in chosen if route.only_reads]
    return _TEXT.substitute(
        legacy=scalar(legacy),
        candidate=scalar(candidate),
        routes="\n".join(line for route in chosen for line in _route(route)),
        cutovers="\n".join(_cutovers(reads, [route.name for route in chosen if not route.only_reads])),
    )


def _route(route: FoundRoute) -> Iterable[str]:
    seen = f"    # seen {route.seen} times" if route.seen else ""
    parts = f"method: {route.method}, path: {scalar(route.path)}"
    if route.body is not None:
        kind, name = route.body
        parts += f", body: {{{kind}: {scalar(name)}}}"
    yield f"  {route.name}:{seen}"
    yield f"    match: {{{parts}}}"
    if route.reads:
        yield "    safe: true"
    elif route.reads is None and route.body is not None:
        yield "    # safe: true                     # if it only reads"


def _cutovers(reads: Sequence[str], writes: Sequence[str]) -> Iterable[str]:
    if not reads:
        yield "# cutovers:"
        yield "#   reads:"
        yield "#     routes: [NAME]                 # none of the routes above is known to only read"
    else:
        yield "cutovers:"
        yield "  reads:"
        yield "    routes:"
        yield from (f"      - {name}" for name in reads)
        yield "    # steps: [1, 5, 25, 50, 100]     # the canary's weights, in percent of the customers"
        yield '    # pinned: ["4711"]               # customers the candidate serves from the first step on'
    if writes:
        yield "  # These may write: they need `state: shared` (one database) or `synced` (replicated, with its lag)."
        yield "  # writes:"
        yield "  #   state: {synced: {lag: {url: https://replication.example.com/lag}, within: 5s}}"
        yield "  #   routes:"
        yield from (f"  #     - {name}" for name in writes)


def scalar(text: str) -> str:
    """A YAML scalar: plain where nothing in it could mean something else, else as JSON writes it."""
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)
