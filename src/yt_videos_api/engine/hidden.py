"""Importing this has `import curl_cffi` fail in this process from now on, unless it has been imported already.

yt-dlp imports it wherever it is installed, which costs 370 ms and 15 MB (measured). engine/impersonate.py brings it
back, in the process of a run that imitates a browser.
"""

from __future__ import annotations

import sys

sys.modules.setdefault("curl_cffi", None)  # type: ignore[arg-type]  # None is how the import system is told so
