"""Experimental: the loss after more text than was taught, from its counts and by rivals, and the record of each."""
