"""A second mind: what a site has to answer, from the text of the standard and of the docs alone.

``written`` is what a site says of itself, ``nearest`` which policy that makes the nearest one,
``answers`` what each request has to get, and ``fetch`` what a browser makes of it. None of them
imports ``cors_views``. ``drawing`` draws random sites, ``building`` makes Django serve them, and
``comparing`` asks both.
"""

from __future__ import annotations

import pytest

pytest.register_assert_rewrite("tests.oracle.comparing")
