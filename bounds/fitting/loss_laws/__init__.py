"""A loss law through runs: its constants, what they decide, how sure they are, and what they predict."""
