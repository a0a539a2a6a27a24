"""The ledger: counters, divergences and transitions; never whole traffic.

Import from the module that has it (`strangler.ledger.store`, `.flush`, `.cutovers`, …); importing this
package alone loads nothing.
"""
