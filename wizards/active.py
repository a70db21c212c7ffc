"""What a client says it comes from, as far as it says anything."""


def only_ids(values):
    """Return those of ``values`` that are ids: none, where it is not even a list.

    >>> only_ids([3, "4", True, None, 0, 5]), only_ids({"a": 1}), only_ids(None)
    ([3, 5], [], [])
    """
    listed = values if isinstance(values, list | tuple) else ()
    return [one for one in listed if type(one) is int and one]


def get_active_ids(env):
    """Return the ids of the records from which a dialog was opened, maybe none."""
    context = env.context
    return only_ids(context.get("active_ids")) or only_ids([context.get("active_id")])


def get_active_id(env):
    """Return the id of the record from which a dialog was opened, or False."""
    [active_id] = only_ids([env.context.get("active_id")]) or [False]
    return active_id
