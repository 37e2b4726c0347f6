"""Fetch, plan, store: what commands and jobs call."""
