"""The peers, by the name that a worker is started with. A further one is a file and a line here."""
KINDS = {
    "numpy": ("numpy_csr", "NumPy CSR"),
    "pyroaring": ("roaring", "pyroaring"),
    "polars": ("polars_frames", "Polars"),
    "duckdb": ("duckdb_native", "DuckDB, scores"),
    "duckdb-sets": ("duckdb_sets", "DuckDB, sets"),
    "chdb": ("chdb_bitmaps", "chdb, bitmap states"),
    "sqlite": ("sqlite_tables", "SQLite"),
}
