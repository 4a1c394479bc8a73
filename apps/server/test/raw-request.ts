import { connect } from 'node:net'

/** Sends bytes as they are over a socket of their own; answers all that came back until the server ended it. With `half` it says that nothing more will come. */
export function sendRaw(
  url: string,
  bytes: string | Uint8Array,
  { half = false }: { readonly half?: boolean } = {},
): Promise<string> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true })
    const chunks: Buffer[] = []
    socket.setTimeout(20_000, () => {
      socket.destroy()
      reject(
        new Error(`the server did not end it: ${JSON.stringify(Buffer.from(bytes).toString('latin1').slice(0, 500))}`),
      )
    })
    socket.on('data', (chunk) => void chunks.push(chunk))
    socket.on('end', () => socket.end())
    // Whoever is sent too much breaks off; what it said before counts.
    socket.on('error', () => {})
    socket.on('close', () => resolve(Buffer.concat(chunks).toString('utf8')))
    if (half) socket.end(bytes)
    else socket.write(bytes)
  })
}
