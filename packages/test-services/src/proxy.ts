import { connect, createServer, type Socket } from 'node:net'

/** A TCP proxy that breaks connections on demand. */
export interface Proxy {
  readonly port: number
  /** Called with each chunk from a client before it is forwarded. `cut` breaks the connection instead, `pass-then-cut` breaks it afterwards. */
  onSend: ((bytes: Buffer) => 'pass' | 'cut' | 'pass-then-cut') | undefined
  /** Milliseconds by which each chunk from a client is forwarded later. */
  delay: number
  /** Breaks every connection. */
  cutAll(): void
  close(): Promise<void>
}

/** Starts a proxy that forwards every connection to a port of this machine. */
export async function createProxy(target: number): Promise<Proxy> {
  const sockets = new Set<Socket>()
  const proxy: Proxy = {
    port: 0,
    onSend: undefined,
    delay: 0,
    cutAll: () => sockets.forEach((socket) => void socket.destroy()),
    async close() {
      proxy.cutAll()
      const { promise, resolve } = Promise.withResolvers<void>()
      server.close(() => resolve())
      await promise
    },
  }
  const passLater = (upstream: Socket, bytes: Buffer) =>
    setTimeout(() => upstream.writable && upstream.write(bytes), proxy.delay)
  const server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1')
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.setNoDelay(true).on('error', () => {})
      socket.on('close', () => {
        sockets.delete(socket)
        client.destroy()
        upstream.destroy()
      })
    }
    client.on('data', (bytes) => {
      const verdict = proxy.onSend?.(bytes) ?? 'pass'
      if (verdict === 'cut') return client.destroy()
      if (verdict === 'pass') return proxy.delay > 0 ? passLater(upstream, bytes) : upstream.write(bytes)
      // The statement arrives at the server; its answer does not arrive at the client.
      client.destroy()
      upstream.removeAllListeners('close')
      upstream.on('close', () => sockets.delete(upstream))
      return upstream.end(bytes)
    })
    upstream.on('data', (bytes) => client.write(bytes))
  })
  const { promise, resolve } = Promise.withResolvers<void>()
  server.listen(0, '127.0.0.1', resolve)
  await promise
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port was given')
  return Object.assign(proxy, { port: address.port })
}
