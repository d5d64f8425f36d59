"""The faults of CCP4i2's own tracking, each with a check that detects it."""

from faults import faults_of_extraction, faults_of_import, faults_of_jobs

FAULTS = (*faults_of_jobs.FAULTS, *faults_of_import.FAULTS, *faults_of_extraction.FAULTS)
