"""What ccp4hooks costs, beside CCP4i2's own tracking and beside the least it could cost: ``python -m benchmarks``."""
