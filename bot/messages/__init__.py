"""Messages out: composes deliveries and digests, edits progress cards, notifies of what was missed."""
