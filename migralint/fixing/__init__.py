"""`lint --fix`: changes of wording that keep the meaning, in migrations that nobody has applied."""
