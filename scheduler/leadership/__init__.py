"""Leader election by lease, and the guard that detects a database restored from a backup."""
