"""Live streams: what changes is told at once to the pages that are open.

    stream      one open stream: an answer that goes on
    writing     what is written to streams
    hub         all streams of the process, and what moves them
    hearing     the bell over Redis
    sign_ins    whose streams have to end
    publishing  rings the bell for whoever has changed something

docs/decisions/0014-live-events.md says why it is made this way, docs/events.md how to use it.
"""
