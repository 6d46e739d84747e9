"""Cheap real learners of text, trained on growing parts of it and tested on what was held out."""
