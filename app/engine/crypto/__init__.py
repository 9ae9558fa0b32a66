"""Installation keys, sealed columns and the rotation of the master key."""
