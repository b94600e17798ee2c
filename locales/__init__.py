"""gettext catalogues: `<language>/LC_MESSAGES/palsbot.po`. The source language is English.

`make messages` brings them in line with the sentences in the code and templates; `make check` fails when one is
incomplete or does not fit (`locales.check`). They are read as they are, without a compile step.
"""
