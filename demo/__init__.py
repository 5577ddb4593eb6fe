"""The demo office hour: a rehearsal with invented people, ready to be imported."""
