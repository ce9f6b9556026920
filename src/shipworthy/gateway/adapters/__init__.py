"""One module for each way to reach a model. None of them is imported before a model of its kind is named."""
