"""What data say of the constants of the theory: exponents of counts, and laws of runs."""
