"""What every room stands on: formulas and their letters, intervals, sources, spectra, numbers, checks of arguments."""
