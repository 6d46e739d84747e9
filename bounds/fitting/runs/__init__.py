"""Loss laws from the runs of a ladder: constants, what the runs identify, intervals, misfit."""
