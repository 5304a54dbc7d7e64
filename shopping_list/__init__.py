"""What a list is: models, recording, REST API. No sockets, no Redis."""
