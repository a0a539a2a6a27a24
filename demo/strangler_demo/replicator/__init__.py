"""Feeds the candidate's database from the legacy's change log, as change data capture would."""
