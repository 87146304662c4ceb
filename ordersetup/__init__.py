"""Builds the console guide's event-driven order pipeline on AWS, and proves that it works."""

__version__ = "0.1.0"
