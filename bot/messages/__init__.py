"""Outgoing messages: one delivery becomes one Reply in the language of its reader; digests and the progress card."""
