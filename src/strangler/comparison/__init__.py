"""Two answers go in; out come the places where they disagree, each with a cause.

decode -> rules -> differences -> causes -> fingerprint. `pair.compare` is the whole of it for one pair;
`reask.judge_again` and `observations.settle` take in what one pair cannot tell. What others use is exported by
`strangler`.
"""
