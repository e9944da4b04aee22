"""Real PostgreSQL and Redis servers, started from the machine's binaries or from wheels."""
