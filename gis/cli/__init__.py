"""Commands that need no web: each module gives one command or group, `api/cli.py` assembles them."""
