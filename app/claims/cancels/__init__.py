"""Stop requests, and cancels by the seller."""
