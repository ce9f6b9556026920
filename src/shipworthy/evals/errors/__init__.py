"""Error analysis: failures are read, noted in open words, grouped into tags, counted, and made measurable."""
