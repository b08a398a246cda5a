"""migralint says which SQL migrations lose data, block the application or break running code."""

__version__ = "0.1.0"
