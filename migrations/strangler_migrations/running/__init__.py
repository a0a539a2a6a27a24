"""What touches the database: state, lease, statements under their locks, ranges. Plans come in, errors are typed."""
