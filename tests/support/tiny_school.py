"""The smallest school there is, for tests that break one line of it."""

TINY = """\
school:
  slug: tiny
  name: Tiny skole
  languages: [nb, en]
calendar:
  terms:
    - {first: 2026-08-17, last: 2026-12-18}
    - {first: 2027-01-04, last: 2027-06-18}
  closed:
    - {first: 2027-02-22, last: 2027-02-26, name: {nb: Vinterferie}}
  planning_days: [2026-11-16]
quiet_hours: {from: "20:30", to: "06:30"}
times:
  prompt: {day: mon, at: "07:30"}
groups:
  - {name: 1A, kind: class, grade: 1, size: 20}
  - {name: SFO, kind: sfo, size: 12}
values:
  - {key: omsorg, name: {nb: Omsorg, en: Care}}
areas:
  - {key: gang, name: {nb: Gang, en: Corridor}}
expectations:
  - {key: hilse, value: omsorg, area: gang, short: {nb: Vi hilser, en: We greet}}
  - {key: vente, value: omsorg, area: gang, short: {nb: Vi venter, en: We wait}}
focuses:
  - month: 2026-09
    title: {nb: Hei}
    expectations: [hilse]
    staff: {nb: Si hei.}
    family: {nb: Vi sier hei.}
    question: {nb: Hvem sa hei}
    practice:
      - expectation: hilse
        script: {nb: Gå ut og si hei.}
campaigns:
  - {key: sprak, week: 2027-W02, title: {nb: Språkuka}, staff: {nb: Vi øver.}}
meetings:
  - key: team
    kind: team
    name: {nb: Teammøte}
    starts: 2026-08-20T14:00
    minutes: 60
    rule: FREQ=WEEKLY;INTERVAL=2
"""
