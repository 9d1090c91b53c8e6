"""How many examples Hypothesis tries: few with every change, since all of these tests together take under five seconds.

`make test ARGS="tests/unit --hypothesis-profile=thorough"` tries many; each run tries others.
"""

from __future__ import annotations

from hypothesis import settings

# No deadline: on a busy machine anything may take long for once.
settings.register_profile("quick", max_examples=25, deadline=None)
settings.register_profile("thorough", max_examples=1000, deadline=None)
settings.load_profile("quick")
