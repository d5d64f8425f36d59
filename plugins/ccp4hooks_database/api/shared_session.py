"""The session of handlers that were created without one."""

from __future__ import annotations

from threading import Lock

from ccp4hooks import Session, Settings, load_settings, open_session

_lock = Lock()
_shared: list[tuple[Settings, Session]] = []


def shared_session() -> Session:
    """Return a session with the current settings; the same one for as long as the settings do not change."""
    settings = load_settings()
    with _lock:
        if not _shared or _shared[0][0] != settings:
            _shared[:] = [(settings, open_session(settings))]
        return _shared[0][1]
