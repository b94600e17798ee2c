"""Rows: the tables, the queries on them (one module a noun) and the migrations. No rules live here."""
