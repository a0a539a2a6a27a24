"""Control: hands the routing table to planes within a second, rolls back by itself, probes the lag.

Loopback only. It keeps nothing but the last table: whatever it decides is a transition in the ledger, by the same
compare-and-swap as a person's.
"""
