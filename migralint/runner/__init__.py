"""The runner: what the linter says of the pending migrations, and a database at each end."""
