// A node `ws` server that only broadcasts: `node bench/reference_ws.cjs PORT FRAME_TEMPLATE`.
// `ws` comes with the frontend's test runner. Without it, the benchmarks skip this server.
const { WebSocketServer, WebSocket } = require('ws');
const [port, template] = [Number(process.argv[2]), process.argv[3]];

const server = new WebSocketServer({ port, host: '127.0.0.1', perMessageDeflate: false, backlog: 2048 });
const readers = new Set();
server.on('connection', (socket, request) => {
  if (request.url !== '/bench/control') {
    readers.add(socket);
    socket.on('close', () => readers.delete(socket));
    return;
  }
  socket.on('message', (message) => {
    const [, first, count] = message.toString().split(' ').map(Number);
    for (let version = first; version < first + count; version += 1) {
      // A Buffer is framed once for each socket but never encoded again.
      const event = Buffer.from(template.replaceAll('%d', String(version)));
      for (const reader of readers) {
        if (reader.readyState === WebSocket.OPEN) reader.send(event, { binary: false });
      }
    }
  });
});
