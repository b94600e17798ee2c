"""Leader election by lease, and the guard that recognises a database restored from a backup."""
