"""Two corpora laid side by side."""
