"""Is the data fit to act on?"""
