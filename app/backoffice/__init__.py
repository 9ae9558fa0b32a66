"""What operators do: inbox of decisions, manual moves, resync, reviews."""
