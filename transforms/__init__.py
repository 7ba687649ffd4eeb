"""Pure Polars: canonical tables to facts and KPIs, one module per subject."""
