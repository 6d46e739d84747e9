"""What `python -m bounds plan` prints."""
