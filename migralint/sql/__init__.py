"""Reading SQL: text -> statements -> operations. The only folder that knows sqlglot."""
