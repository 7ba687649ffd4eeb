"""Metrics: facts with one row per thing that happened, and what is aggregated from them.

`catalogue` has every metric by name, `facts` what they are aggregated from; `measure` computes any
of them over any span and dimension.
"""
