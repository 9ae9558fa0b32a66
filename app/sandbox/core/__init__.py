"""What the sandbox holds: entities, rules, clocked state, limits, faults and the ledger."""
