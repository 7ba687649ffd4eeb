"""What homes of demos, trials and tests say, so that `auto` acts in them from the first day."""

AT_ONCE = """
[auto]  # an emulated world has no fortnight to be watched for: here `auto` has nothing to earn
shadow_days = 0
least_costed_rate = 0
needs_backtest = false
"""
