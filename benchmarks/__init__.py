"""Benchmarks of ccp4hooks against CCP4i2's own tracking and against lower bounds: ``python -m benchmarks``."""
