"""The domain model of PALS in plain Python: content, calendar, year wheel, coverage and roles, as pure functions.

No I/O and no clock: the time, the zone and the school's own choices always arrive as arguments. `dateutil` and
`holidays` are the only dependencies.

    checked                        values that validate themselves, and the validation error
    weeks, zone, calendar, quiet   time as a school has it, with public_holidays
    content                        what a school decides about itself: schema, validation, diff
    yearwheel                      what is due when
    roles                          who may do what
    rates, behaviour               what is counted, and how it is put in numbers
"""
