"""PALS itself in plain Python: the school's calendar, its year wheel, its rates and its roles.

Nothing here reads a file, a database or a clock: the time, the zone and the school's own choices always
arrive as arguments, and the same question always gets the same answer. `dateutil` is the only dependency.

    weeks, zone, calendar, quiet   time as a school has it
    yearwheel                      what is due when
    roles                          who may do what
    rates, behaviour               what is counted, and how it is put in numbers
"""
