"""Django's PostgreSQL, whose transactions commit soon after they began or not at all."""
