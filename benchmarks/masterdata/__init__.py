"""What reading master data costs, beside dicts, LocMemCache, cachalot and cacheops."""
