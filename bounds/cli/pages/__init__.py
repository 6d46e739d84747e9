"""Pages: a report with its figures as one file of HTML, which asks nothing of a network."""
