"""Where `compare` takes its pairs from: two files, two folders, JSON Lines."""
