"""Orders and their boxes, from payment to delivery."""
