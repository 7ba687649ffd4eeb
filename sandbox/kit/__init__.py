"""What emulated platforms have in common; a dialect is what is left beside it.

How a dialect is made of it:

- `errors`: the platform's refusals as one table; `raise ERRORS("missing", name="tid")`.
- `fields`: its documents as tables of fields: a name, the column it stands for, how it is written.
- `values`, `money`: money and time as text, and back; amounts beside their currency.
- `arguments`: what came with a call, read by type; a wrong one ends the call with its error.
- `lists`: the page of a list, the span of a filter.
- `shop`: the world behind the platform, its clock, and the writes that were kept.
- `frames`: rows by their key or parent, and frames that follow from others.
- `tokens`: access tokens that end, pairs that are renewed.
- `limits`: how often somebody may call: fixed windows and token buckets.
- `faults`: what a test plants in the next answers.
- `endpoint`: one address behind HTTP; it reads, holds the world's lock, dates the answer.
- `routing`: paths and methods to operations, and what of them is not emulated.
- `resources`: kinds of rows behind a REST API; a dialect says how they are answered.
- `forms`, `signing`: parameters of query and form, and the signature over them.
- `parameters`, `rest`: operations declared with their parameters and usage plans where they are
  answered.
- `grants`: the token endpoint of OAuth 2.
- `graphql`: documents resolved, paid for and executed, answers made from frames by where each field
  comes from, pages of root connections, mutations that list their errors.
- `gateway`: the one address of a platform whose signed calls name their method.

What a platform has and the dialect does not is refused aloud (a row `not_emulated` of its table):
an answer that leaves it out would let a test pass by silence. A dialect shares nothing with the
connector that it judges.
"""
