"""What is shown of learners that were taught growing parts of a text."""
