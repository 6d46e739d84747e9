"""What published papers reported, as claims to be checked against `bounds` and `simulate`."""
