"""Raw answers of Coupang, kept as proof."""
