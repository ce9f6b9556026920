"""Tables of examples: read, checked, split, frozen; and the prediction log with every query over it."""
