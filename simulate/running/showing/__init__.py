"""What a reader sees while a run is at work and of its result: progress, the view, figures and their letters."""
