"""Traffic that somebody wrote down: a file per format, all into `Recorded`."""
