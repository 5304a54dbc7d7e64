"""PostgreSQL with one lasting connection for each thread."""
