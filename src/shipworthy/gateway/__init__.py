"""Models, behind ports: what a text means as numbers, and later what a model answers."""
