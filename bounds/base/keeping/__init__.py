"""Files that are written: their names, whole or not at all, one writer at a time, and what a killed one leaves."""
