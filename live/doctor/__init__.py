"""Tests the way from a client to this server: what arrives, what is wrong, what repairs it."""
