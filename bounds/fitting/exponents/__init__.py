"""The exponent γ of U(D) ~ D^γ from counted corpora: models, tests of fit, intervals."""
