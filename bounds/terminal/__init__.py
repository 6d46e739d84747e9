"""What ``python -m bounds`` reads and prints."""
