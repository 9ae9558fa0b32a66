"""Units of a box: ordered, held, cancelled, shipped, returned."""
