"""Every change of the tables, in order; written by `python -m gis.store.revision`, then reviewed."""
