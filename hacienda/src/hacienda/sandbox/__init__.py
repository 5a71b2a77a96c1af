"""A Hacienda for trying things against: a real HTTP server on loopback.

It answers like the identity provider, the reception API and the public look-ups, checks documents
in Hacienda's order, signs its answers with a key of its own, keeps everything in one SQLite file,
and misbehaves on demand. `hacienda sandbox --port N` starts it; `hacienda.sandbox.server.Server`
is the same inside a program.

That it accepts a document proves nothing about the law: it shares the library's understanding of
it. What it rejects, Hacienda would most likely reject too.
"""
