"""Windows of letters: when a word occurs, by chains, by its periods, and by kinds of words that are alike."""
