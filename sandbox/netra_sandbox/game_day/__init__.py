"""Game day: a broken environment, hints on demand, and a score when the contract holds again."""
