"""Many model sizes trained on one corpus in one order, and looked at at many checkpoints.

`plan` says what is trained, `stores` which sequences each size holds, `training` takes one corpus through its
checkpoints, `trajectories` and `positions` ask two questions of the literature, `results` puts all of it in a Dataset.
"""
