"""What is polled and what coverage may claim."""
