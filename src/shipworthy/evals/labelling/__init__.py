"""People say what is right, for jobs whose answer is not a class; two of them are compared, and decided."""
