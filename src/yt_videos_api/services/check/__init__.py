"""`check`: proves on a live installation that nothing was lost, damaged, doubled or left lying about (I1 to I10).

    report.py      what a check answers
    checker.py     the order of things
    scan.py        reading the tables in batches, each a consistent look
    downloads.py   rules of a download and its neighbours (I5 to I8), from rows alone
    jobs.py        rules of items and jobs (I3, I8), from rows alone
    names.py       nothing exists twice (I4)
    files.py       the files of finalized downloads are there and whole (I1)
    objects.py     what lies in the library belongs there (I2, I5, I10)
    staging.py     no litter (I9)
    mend_*.py      the repairs

Nothing is reported that is merely under way: rules about rows are judged on one consistent look, rules about files are
judged again, under the download's lock or after a pause, before anything is said.
"""

from yt_videos_api.services.check.checker import Checker
from yt_videos_api.services.check.report import Depth, Report, Violation

__all__ = ["Checker", "Depth", "Report", "Violation"]
