"""Ship permits: may this box leave now."""
