"""Stop and resume: nothing is written any more, at once; and take a stop back."""
