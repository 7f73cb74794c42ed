"""Master data from files: read, checked, compared, written, journalled and taken back.

``files`` and ``parsing`` read, ``rows`` and ``values`` type, ``matching`` finds the rows of the
tables, ``planning`` tells what differs, ``writing`` writes it, ``journal`` and ``reversing``
take it back. ``history`` knows what all migrations together have loaded; ``drift``, ``making``
and ``dumping`` work with that.
"""
