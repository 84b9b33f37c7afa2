"""The migrations of the queue's tables."""
