"""Orders: checkout, transitions and the calls about them."""
