"""The pages: folium snapshots."""
