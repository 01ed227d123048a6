"""How the demonstration stack is made.

main            the order of the steps
options         what is asked for on the command line
layout          where everything is, and on which port
steps           a step: told with its seconds, done once, and done whole or not at all
files           owners, modes, secrets, replacing a file
programs        running another program, with its words kept for the case that it fails
tools           uv and node, by hash
code            the virtual environment with InvenioRDM, by hash
opensearch      OpenSearch's home from Java artifacts, by hash
assets          the pages' scripts and styles, by lock file
certificates    the certificate authority, and the server's certificate
passwords       made once, each in a file of its own
databases       the data of PostgreSQL, Redis, RabbitMQ and OpenSearch
configuration   config/examples/invenio-rdm, with this stack's paths and ports in it

Nothing but the standard library of Python 3.11.
"""
