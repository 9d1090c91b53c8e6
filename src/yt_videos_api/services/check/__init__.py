"""`check`: proves on a live installation that nothing was lost, damaged, doubled or left lying about (I1 to I10, I12).

    report.py      what a check answers
    checker.py     the order of things
    scan.py        reading the tables in batches, each a consistent look; rows.py, of downloads with their neighbours
    works.py       rules of work by itself, and of probes (I3, I6, I7), from rows alone
    downloads.py   rules of a download, its work and its runs (I6, I7), from rows alone
    file_rows.py   rules of the rows of files (I4, I5, I8, I10), from rows alone
    files.py       the files of finalized downloads are there and whole (I1); sidecars.py, and are what they say (I12)
    names.py       nothing exists twice (I4)
    lists.py       rules of listings (I3, I7, I8), from rows alone
    jobs.py        rules of items and jobs (I3, I8), from rows alone
    objects.py     what lies in the library belongs there (I2, I5, I10)
    staging.py     no litter (I9)
    mend_*.py      the repairs of each

Nothing is reported that is merely under way: rules about rows are judged on one consistent look, rules about files are
judged again, under the download's lock or after a pause, before anything is said.
"""

from yt_videos_api.services.check.checker import Checker
from yt_videos_api.services.check.report import Depth, Report, Violation

__all__ = ["Checker", "Depth", "Report", "Violation"]
