"""How many distinct types a corpus holds: mean, variance, spectrum, missing mass, local exponent; windows."""
