"""Pages and files of reports, comparisons, graphs and plots: their words, their templates, and how they are written."""
