"""`migralint guard`: may this command run here, and if not, why and what to do instead.

    surroundings (variables, addresses, marker, terminal) + command -> Verdict -> run it, or exit 5

The decision is pure; commands/guard.py reads the process's surroundings and runs the command.
"""
