"""What each page shows, typed: read by read-only queries, encoded as the page's `.json`."""
