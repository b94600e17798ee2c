"""Delivery: a pipeline that claims, composes, sends and records; a ready queue; the policy for retries and quiet hours."""
