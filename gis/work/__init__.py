"""What happens to things: checks, voids and rule versions, as events."""
