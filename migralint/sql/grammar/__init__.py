"""The token grammar: one function a statement form, from tokens to what the statement does.

Every function takes a `Reader` that stands behind the words that led to it and yields `Found`s.
What it cannot read it says by raising `Unread`; outline.py turns that into `unparsed`.
"""
