"""What several models name: the users of this addon, the units in which durations are counted."""

#: Whoever sells or invoices belongs to it, too.
GROUP_USER = "deadline_management.group_deadline_user"

DURATION_UNITS = [("day", "Days"), ("week", "Weeks"), ("month", "Months"), ("year", "Years")]
