"""Documents in, passages out: parsing with places kept, an index, search, and what supports what."""
