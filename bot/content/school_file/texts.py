"""One text in several languages, by language code."""

Texts = dict[str, str]
