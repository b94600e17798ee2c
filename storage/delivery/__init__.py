"""Occurrences and their deliveries: audiences, claims, outcomes, digests; leases and heartbeats of those who deliver."""
