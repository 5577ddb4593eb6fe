"""Letters in and out. A later issue fills it."""
