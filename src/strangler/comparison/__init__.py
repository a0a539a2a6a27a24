"""Two answers go in; out come the places where they disagree, each with a cause.

decode -> rules -> differences -> causes -> fingerprint. `compare` (in `pair`) is the whole of it for one pair;
`judge_again` (in `reask`) and `settle` (in `observations`) take in what one pair cannot tell.
"""
