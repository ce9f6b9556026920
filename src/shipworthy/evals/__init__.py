"""Judging a feature: candidates, runs, measures, bars, findings, the verdict and the review."""
