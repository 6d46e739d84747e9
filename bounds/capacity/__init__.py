"""What a model of N parameters holds, and its loss."""
