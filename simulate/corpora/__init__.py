"""One corpus in its order, and its census."""
