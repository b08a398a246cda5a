"""What no single statement says: locks, types, and what the migrations so far have made."""
