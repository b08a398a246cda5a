"""The whole ritual as one command: backup, preflight, apply, verify, smoke test, and what then."""
