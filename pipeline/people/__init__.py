"""People and programs that come in by the HTTP door: roles, tokens, passwords, sessions. Needs no web server."""
