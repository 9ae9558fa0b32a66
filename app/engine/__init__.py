"""What every family needs: effects, visits, feeds, history, evidence, vendors, access, crypto, database."""
