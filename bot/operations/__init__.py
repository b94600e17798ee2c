"""Operations: the delivery report, the doctor's health checks, and garbage-collection tuning."""
