/**
 * A server that gives way as it should: it listens on the socket that it was handed (descriptor 3), and on TERM it takes no new
 * connection, answers what it has, tells clients that keep theirs to open another one, and ends.
 */
import { createServer } from 'node:http'
import { Server } from 'node:net'
import process from 'node:process'

const version = process.argv[2] ?? 'one'
if (version === 'broken') process.exit(1)

let isLeaving = false
const server = createServer((_request, response) => {
  if (isLeaving) response.setHeader('connection', 'close')
  setTimeout(() => response.end(`${version} ${process.pid}\n`), 5)
})
server.keepAliveTimeout = 30_000
server.listen({ fd: 3 }, () => process.stdout.write('listening\n'))

process.on('SIGTERM', () => {
  isLeaving = true
  // That of net: the one of http hangs up on clients that keep their connection and ask in this very moment.
  Server.prototype.close.call(server, () => process.exit(0))
  // A client that keeps its connection gets its next answer with the word to close; one that asks nothing more is let go.
  setTimeout(() => server.closeIdleConnections(), 1000)
})
