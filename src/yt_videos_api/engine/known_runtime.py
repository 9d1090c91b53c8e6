"""Tells yt-dlp what is known of the JavaScript runtime, which it would else ask for its version in every run.

Starting deno for that takes 12 to 18 ms, a fifth of the time to the first media byte (measured).
"""

from __future__ import annotations

from yt_dlp.globals import supported_js_runtimes
from yt_dlp.utils import version_tuple
from yt_dlp.utils._jsruntime import JsRuntime as Runtime
from yt_dlp.utils._jsruntime import JsRuntimeInfo

from yt_videos_api.cage.runs import JsRuntime

# quickjs goes by two names, and yt-dlp tells them apart by itself.
_SIMPLE = frozenset({"deno", "node"})


def introduce(runtime: JsRuntime) -> None:
    """Have yt-dlp take `runtime`, which was found good when the engine was made, for what it is. In this process."""
    if runtime.name not in _SIMPLE or not runtime.version:
        return
    info = JsRuntimeInfo(
        runtime.name, str(runtime.path), runtime.version, version_tuple(runtime.version, lenient=True), supported=True
    )

    class Known(Runtime):  # type: ignore[misc]  # yt-dlp has no types
        def _info(self) -> JsRuntimeInfo:
            return info

    supported_js_runtimes.value[runtime.name] = Known
