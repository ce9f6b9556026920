"""One function per verb, grouped by noun. They return values and print nothing."""
