"""What need not be computed again, kept in .migralint_cache beside the repository.

files.py writes and reads one file whole or not at all, packing.py makes lines of JSON of schemas
and settings, keys.py says what a result depends on, results.py keeps the results of migrations,
runs.py the answers of whole runs. Losing any of it costs time and nothing else.
"""
