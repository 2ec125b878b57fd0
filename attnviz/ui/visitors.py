"""A server that others can reach: what it keeps from them, and from one another.

Streamlit's `server.address` tells whether others can reach it: `localhost` in
.streamlit/config.toml, which a command line or an environment variable may overrule; no address at
all means every network.
Behind a proxy on the same computer it cannot be told, so `ATTNVIZ_SHARED=1` says it.

Then no path of the server can be typed, unless `ATTNVIZ_PATHS=1` allows it, and each visitor has
runs of his own. A visitor is who has logged in (`st.user`), else the browser, by the random token
that Streamlit keeps in a cookie against forged requests: nobody else knows it, and it lasts until
the browser is closed. Without cookies, a visitor is a session.
"""

import hashlib
import os
from ipaddress import ip_address
from pathlib import Path
from secrets import token_hex

import streamlit as st
from streamlit.web.server.starlette.starlette_app_utils import decode_xsrf_token_string

from attnviz.runs import runs_root

COOKIE = "_streamlit_xsrf"
KEY = "visitor"  # in the session, of one without cookies
FOLDER = "visitors"  # below the folder of the runs


def is_shared() -> bool:
    """Whether others than the person at this computer can reach the server."""
    if os.environ.get("ATTNVIZ_SHARED") == "1":
        return True
    address = (st.get_option("server.address") or "").strip("[]").lower()
    try:
        return not ip_address(address).is_loopback
    except ValueError:  # a name, or none
        return address != "localhost"


def may_type_paths() -> bool:
    """Whether the boxes for paths on the server's computer are there."""
    return not is_shared() or os.environ.get("ATTNVIZ_PATHS") == "1"


def shelf() -> Path:
    """The folder with the runs of whoever looks at the page."""
    if not is_shared():
        return runs_root()
    name = hashlib.sha256(_secret().encode("utf-8", "replace")).hexdigest()[:32]
    return runs_root() / FOLDER / name


def _secret() -> str:
    """What nobody else knows of a visitor, or has by his name."""
    if getattr(st.user, "is_logged_in", False):
        return f"user {st.user.get('iss')} {st.user.get('sub') or st.user.get('email')}"
    token, _ = decode_xsrf_token_string(st.context.cookies.get(COOKIE, ""))
    if token:
        return f"browser {token.hex()}"
    return f"session {st.session_state.setdefault(KEY, token_hex(16))}"
