"""The doors: the web interface and the `wangge` command."""
