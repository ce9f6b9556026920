"""Prototypes people can use: answer, extract, summarise, classify. Each is a candidate a review can judge."""
