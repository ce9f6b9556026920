"""What every other room stands on: errors, hashing, files, ids and the clock."""
