"""Proves that an installation keeps the promises of docs/protocol.md, from outside.

`python -m trolley_check URL` needs Python 3.11 or newer and the package `websockets`. It
imports nothing of Trolley, so it can be read without the code of the server.
"""
