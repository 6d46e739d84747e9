"""How a growth curve is drawn: token by token, type by type, as a Gaussian path, or from new table to new table."""
