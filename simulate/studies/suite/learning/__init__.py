"""One corpus taken through its checkpoints: what stores of every size hold, learn and forget on the way."""
