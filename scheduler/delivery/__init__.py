"""The delivery queue's worker: pipeline, ready queue, and the policy for retries, backoff and quiet hours."""
