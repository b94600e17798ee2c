"""Channel adapters: the update dispatcher, the per-chat queue, and one package a channel."""
