"""One module per policy: a pure function from facts to proposals, each with its reason in numbers.

A policy module states:

- `NAME`, `VERSION`: who proposes and by which version of the rule;
- `WRITES`: what is written to a platform; `WriteKind.NONE` is an alert that a person acts on;
- `INPUTS`: keyword of `propose` to table, derived or canonical (a canonical table that no source
  fills is empty); `DEPENDS`: canonical tables whose checks and
  freshness gate it; `HAS_HOLDOUT`: whether some targets are left alone to measure its effect;
- `Reason`: reason codes of its proposals, each explained by `actions/templates/<NAME>.j2`;
- `Params`: what a merchant may set, typed and bounded;
- `propose(*, <inputs>, params, economics, as_of, time_zone)`: a valid frame of `Proposal`;
- `holds(...)`, with the same arguments: what was left alone and why (`Hold`).

A new policy is one module here and one template; `registry` finds it by name and the compliance
suite judges it. A module whose name starts with an underscore is shared code, not a policy.
"""
