"""The database behind the use cases: tables, migrations, statements, and an engine room for each database.

`sqlite.py` opens a store; `store.py` is `ports.Store` over any engine; one file for each topic holds its statements.
"""
