"""Verbs: every write, one function each. They check permission, write, and leave an audit row; they never commit."""
