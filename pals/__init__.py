"""The domain model of PALS in plain Python: content, calendar, year wheel, coverage and roles, as pure functions.

No I/O and no clock: the time, the zone and the school's own choices always arrive as arguments. `dateutil` and
`holidays` are the only dependencies.

    checked                        values that validate themselves, and the validation error
    weeks, zone, calendar, quiet   ISO weeks, wall time and UTC, the school calendar, public_holidays, quiet hours
    content                        what a school decides about itself: schema, validation, diff
    yearwheel                      schedules: what is due when
    roles                          role-based access control
    rates, behaviour               coverage and suppression of small numbers; codes of records
"""
