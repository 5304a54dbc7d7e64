"""The services of docker-compose.yml as processes of this machine: `./run scale`.

`compose_file` reads the file, `local_services` decides what differs on one machine, and
`processes` starts and stops. Nothing here needs Docker, and nothing here is needed to serve.
"""
