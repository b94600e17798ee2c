"""Words: templates, labels, and the schools that come as files."""
