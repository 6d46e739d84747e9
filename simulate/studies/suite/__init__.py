"""Many model sizes trained on one corpus in one order, and looked at at many checkpoints.

`plan` says what is trained, `learning.stores` which sequences each size holds, `learning.training` takes one corpus
through its checkpoints, `learning.trajectories` and `.positions` ask two questions of the literature, `dataset` puts
all of it in a Dataset.
"""
