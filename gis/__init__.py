"""Wangge: layers, law, store, finders, planners; knows nothing of the web."""
