"""What reports, comparisons and graphs contain, as data: read from the record, and arranged. Knows nothing of pages."""
