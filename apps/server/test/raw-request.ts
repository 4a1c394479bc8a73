import { connect } from 'node:net'

/** Sends bytes as they are over a socket of their own; answers all that came back until the server ended it, or until `enough` of it was there. */
export function sendRaw(
  url: string,
  bytes: string | Uint8Array,
  enough: (text: string) => boolean = () => false,
): Promise<string> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname)
    let text = ''
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
      if (enough(text)) socket.destroy()
    })
    // Whoever is sent too much breaks off; what it said before counts.
    socket.on('error', () => {})
    socket.on('close', () => resolve(text))
    socket.write(bytes)
  })
}
