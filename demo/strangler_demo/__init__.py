"""Two real billing services and a month of billing traffic.

`legacy` and `candidate` are separate programs with their own rules of arithmetic, their own databases and one
contract over HTTP. `replicator` feeds the candidate from the legacy's change log. `processes` starts and
stops them, `month` and `traffic` are made from one seed, `load` sends the traffic, `config` writes
`strangler.yaml`.
"""
