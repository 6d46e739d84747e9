"""The exponent from corpora drawn apart, each of its own size, by the kind of law behind them."""
