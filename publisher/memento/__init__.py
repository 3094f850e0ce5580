"""Memento (RFC 7089): each document and graph as it was known at some time, and the way there."""
