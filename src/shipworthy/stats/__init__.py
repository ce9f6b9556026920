"""Pure numerics: estimates, intervals, thresholds, segments, comparison, calibration, power."""
