"""Document numbers over both systems: which were drawn, which are missing, doubled, out of order, or a shadow's.

VAT Directive 2006/112/EC, article 226(2): a sequential number, based on one or more series, which uniquely identifies
the invoice. Two systems that draw from one series must together leave no gap and draw none twice; a shadow draws none.
"""

from strangler.numbers.finding import KINDS, Finding, Kind, findings
from strangler.numbers.series import Series, Sighting, merged
from strangler.numbers.text import parted

__all__ = ["KINDS", "Finding", "Kind", "Series", "Sighting", "findings", "merged", "parted"]
