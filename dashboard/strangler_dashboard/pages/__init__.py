"""A module a page: from what is asked to what is shown."""
