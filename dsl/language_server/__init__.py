"""The language server: what an editor asks while rules are written, and what the compiler and the linter answer.

    environment.py   contracts, calendars and tightenings, from the document the desk writes
    folder.py        one rules folder: compiled again after every edit, then its tests read and its warnings looked for
    workspace.py     all folders an editor shows, and which file belongs to which
    index.py         what stands at a place, where a thing is declared and used

Beside it one module for each thing an editor can ask: hover, completion, rename and so on. They are plain functions
over a folder and know nothing of the protocol; `wire.py` puts their answers into its words and `server.py` speaks it.
"""
