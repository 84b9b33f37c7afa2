"""Searches in web frameworks. Each module needs its own framework, and none is imported for you."""
