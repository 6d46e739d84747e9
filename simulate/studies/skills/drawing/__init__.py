"""Groups of sequences, when each of their members is drawn, and which stores hold a quorum of them."""
