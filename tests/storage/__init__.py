"""The rooms of storage, on both databases."""
