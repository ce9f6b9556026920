"""The command line: parse, call one verb of the workbench, render its result."""
