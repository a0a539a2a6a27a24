"""What `strangler init` writes, and where it learns the routes from."""
