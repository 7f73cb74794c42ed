"""Small tables in the memory of each process, always right: ``cached = MasterDataManager()``.

Usable without the auditor, which is not loaded by it.
"""

from queryaudit.masterdata import lifecycle
from queryaudit.masterdata.declared import cached
from queryaudit.masterdata.manager import MasterData, MasterDataManager
from queryaudit.masterdata.querysets import MasterDataSet
from queryaudit.masterdata.stats import clear, stats, warm

__all__ = ["MasterData", "MasterDataManager", "MasterDataSet", "cached", "clear", "stats", "warm"]

lifecycle.install()
