"""What each job's answers and labels look like, and when one of them is right."""
