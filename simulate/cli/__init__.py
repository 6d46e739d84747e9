"""One module a command, the flags that they share, and how each ends and prints."""
