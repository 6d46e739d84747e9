"""What is shown of a counted text."""
