"""Redaction: before anything is written, and so that equal values stay equal.

Always redacted: card numbers (13 to 19 digits that pass Luhn, with or without separators), IBANs (mod 97),
the fields that carry credentials or cookies, user information and token-like parameters of URLs, members
named like passwords; then what the configuration declares. A value gives way to `[kind:token]`, a keyed
hash: two answers that agreed in clear still agree, and nobody without the key can try out card numbers.
"""

from strangler.redaction.document import RedactedAnswer, RedactedMessage, RedactedRequest
from strangler.redaction.key import redaction_key
from strangler.redaction.redactor import VERSION, Redactor

__all__ = ["VERSION", "RedactedAnswer", "RedactedMessage", "RedactedRequest", "Redactor", "redaction_key"]
