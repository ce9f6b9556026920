"""Shipworthy: review an AI feature and get a ship decision you can defend."""

__all__ = ["__version__"]

__version__ = "0.1.0"
