"""How a table of runs is read: its lines and separator, its headers, its numbers, and what is odd about them."""
