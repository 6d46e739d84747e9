"""How the sums, tails and roots of the theory are computed to full precision; nothing here is public."""
