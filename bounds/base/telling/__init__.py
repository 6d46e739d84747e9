"""What a long work and a value tell whoever asks: how far it is, and how a notebook shows it."""
