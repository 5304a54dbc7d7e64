// A bare node `ws` server that broadcasts: `node bench/reference_ws.cjs PORT FRAMES_FILE`.
// `ws` is not a dependency of this project; without it the line is left out.
const { WebSocketServer, WebSocket } = require('ws');
const [port, template] = [Number(process.argv[2]), process.argv[3]];

const server = new WebSocketServer({ port, host: '127.0.0.1', perMessageDeflate: false, backlog: 2048 });
const watchers = new Set();
server.on('connection', (socket, request) => {
  if (request.url !== '/bench/control') {
    watchers.add(socket);
    socket.on('close', () => watchers.delete(socket));
    return;
  }
  socket.on('message', (message) => {
    const [, first, count] = message.toString().split(' ').map(Number);
    for (let version = first; version < first + count; version += 1) {
      // A Buffer is framed once for each socket but never encoded again.
      const event = Buffer.from(template.replaceAll('%d', String(version)));
      for (const watcher of watchers) {
        if (watcher.readyState === WebSocket.OPEN) watcher.send(event, { binary: false });
      }
    }
  });
});
