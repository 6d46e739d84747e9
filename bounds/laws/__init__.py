"""Loss laws: the published ones, over-training, repeated data, downstream error, and the Santa Fe process."""
