"""gettext catalogues by reader: `<language>/LC_MESSAGES/<domain>.po`. The source language is English.

`families` is the domain of what a family, or a person without a role, can meet, complete in every language;
`school` is what only the adults of a school read, complete in the school's languages. `make messages` brings them in
line with the sentences in the code and templates; `make check` fails when one is incomplete or does not fit
(`locales.check`). They are read as they are, without a compile step. See `docs/decisions/catalogues-by-reader.md`.
"""
