"""Announcements: `write` and send them, `correct` or withdraw what was delivered, and `stop` what is going out."""
