"""What stands on disk: files written whole, locks, cells of unfinished runs, left-overs, checksums."""
