"""What a manual move may do, aggregate by aggregate; `registry.py` lists them."""
