"""Causes that no single pair can tell and many can: a value, or a field, that has another name on the candidate.

`evidence` is what pairs have shown, with exact counts, in bounded memory, to be added up in any order; `sight` makes
it of one pair; `claims` says what follows from it. A learned cause changes the word for a divergence and which
divergences are one; what differs, how often, and whether it is money stays as it was counted.
"""
