"""Valid settings, as hypothesis draws them."""

from __future__ import annotations

import string

from hypothesis import settings
from hypothesis import strategies as st

from ordersetup.settings import MOST_ALERT_EMAILS, MOST_TAGS, RETENTION_DAYS, Settings

unhurried = settings(deadline=None)
"""A busy machine is no fault of the code's."""

_TAG_CHARACTERS = string.ascii_letters + string.digits + "+-=._:/@"

_labels = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?", fullmatch=True)
_atoms = st.text(string.ascii_letters + string.digits + "!#$%&'*+/=?^_`{|}~-", min_size=1)
_locals = st.lists(_atoms, min_size=1, max_size=3).map(".".join).filter(lambda t: len(t) <= 40)
emails = st.builds("{}@{}.example".format, _locals, _labels)
"""Addresses, with every character that AWS accepts in them."""

origins = st.one_of(
    st.just("*"),
    st.builds("{}://{}.{}".format, st.sampled_from(["http", "https"]), _labels, _labels),
    st.builds("http://{}:{}".format, _labels, st.integers(0, 65535)),
)
_names = st.text(string.ascii_letters + string.digits + "_+=,.@-/", min_size=1, max_size=60)
roles = st.builds("arn:aws:iam::123456789012:role/{}".format, _names)
boundaries = st.builds("arn:aws:iam::123456789012:policy/{}".format, _names)
_keys = st.builds(
    lambda word, rest: f"{word} {rest}".strip(),
    st.text(_TAG_CHARACTERS, min_size=1, max_size=6),
    st.text(_TAG_CHARACTERS, max_size=3),
).filter(lambda key: not key.lower().startswith(("aws:", "ordersetup:")))
tags = st.lists(
    st.tuples(_keys, st.text(_TAG_CHARACTERS + " ", max_size=256)),
    max_size=MOST_TAGS,
    unique_by=lambda tag: tag[0].lower(),
).map(tuple)


@st.composite
def valid_settings(draw: st.DrawFn) -> Settings:
    """Any settings that are accepted."""
    own_role = draw(st.booleans())
    return Settings(
        sender=draw(st.none() | emails),
        alert_emails=tuple(draw(st.lists(emails, max_size=MOST_ALERT_EMAILS, unique=True))),
        cors_origin=draw(origins),
        retention_days=draw(st.sampled_from(RETENTION_DAYS)),
        permissions_boundary=None if own_role else draw(st.none() | boundaries),
        role_arn=draw(roles) if own_role else None,
        tags=draw(tags),
        alarms=draw(st.booleans()),
    )
