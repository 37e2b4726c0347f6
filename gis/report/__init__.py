"""Bulletins, sheets and lists for people: html, pdf, docx, xlsx and png, from frames and plain values."""
