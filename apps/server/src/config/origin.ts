const DEFAULT_PORTS: Readonly<Record<string, string>> = { http: '80', https: '443' }
/** Schemes that no page or app is of, or that every file of a machine is of. */
const REFUSED: ReadonlySet<string> = new Set(['ws', 'wss', 'file'])
/** A scheme, `://`, a host and perhaps a port. */
const ORIGIN = /^([a-z][a-z0-9+.-]*):\/\/([^/?#@\\\s:,*[\]]+|\[[0-9a-f:.]+\])(?::(\d{1,5}))?$/i

/**
 * The one form of an origin, by which two are compared: scheme and host in lower case, and no port where it is that of the scheme. Apps
 * have schemes of their own (`capacitor://localhost`). Returns undefined for what is not an origin: `null`, which every sandboxed page
 * sends, and pages of files, which are any file of the machine.
 */
export function originOf(text: string): string | undefined {
  const [, scheme = '', host = '', port] = ORIGIN.exec(text) ?? []
  const name = scheme.toLowerCase()
  if (name === '' || REFUSED.has(name) || Number(port) > 65_535) return undefined
  const written = `${name}://${host.toLowerCase()}`
  const isWeb = name === 'http' || name === 'https'
  if (isWeb && !URL.canParse(written)) return undefined
  // The form that browsers send: of a name with other letters its ASCII form, of an address its shortest form.
  const plain = isWeb ? `${name}://${new URL(written).host}` : written
  return port === undefined || port === DEFAULT_PORTS[name] ? plain : `${plain}:${Number(port)}`
}

/** The origin that was most likely meant by a text that is not one: of a longer address, of a socket's address, or of a name alone. */
export function meantOrigin(text: string): string | undefined {
  const trimmed = text.trim().replace(/^ws(s?):/i, 'http$1:')
  const [, address = ''] = /^([a-z][a-z0-9+.-]*:\/\/[^/?#\\\s]+)/i.exec(trimmed) ?? []
  return originOf(address) ?? (/^[^/?#\\\s:]+\.[^/?#\\\s]+$/.test(trimmed) ? originOf(`https://${trimmed}`) : undefined)
}
