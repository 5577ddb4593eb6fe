"""The life of an office hour. Each module looks back at those before it, never ahead."""
