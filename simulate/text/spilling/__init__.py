"""Exact counts of a text that is larger than the memory it may take: partitioned by hash, in files that come and go."""
