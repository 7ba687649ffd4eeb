"""What every room agrees on: tables, column kinds, codes, errors, money and ports. No I/O."""
