"""The candidate billing service: integers in minor units, moments in UTC, totals from the lines."""
