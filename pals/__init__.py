"""PALS itself in plain Python: the school's content and calendar, its year wheel, its rates and its roles.

Nothing here reads a file, a database or a clock: the time, the zone and the school's own choices always
arrive as arguments, and the same question always gets the same answer. `dateutil` and `holidays` are the
only dependencies.

    checked                        values that validate themselves, and the validation error
    weeks, zone, calendar, quiet   time as a school has it, with public_holidays
    content                        what a school decides about itself: schema, validation, diff
    yearwheel                      what is due when
    roles                          who may do what
    rates, behaviour               what is counted, and how it is put in numbers
"""
