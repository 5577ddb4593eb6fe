"""The room where people talk. Its own process; the next issue fills it."""
