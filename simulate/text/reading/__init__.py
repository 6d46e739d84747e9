"""Files into blocks of bytes: what can be read, what is recognised and refused, what fits into memory."""
