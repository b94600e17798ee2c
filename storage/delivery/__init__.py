"""The delivery queue: occurrences, audiences, deliveries, claims, outcomes; the leader's lease and heartbeat."""
