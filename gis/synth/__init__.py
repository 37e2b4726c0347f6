"""The invented county and what a real place lacks: frames in, delivery files out, all labelled 合成."""
