import { isIPv6 } from 'node:net'

/**
 * The network that an address counts for: an IPv4 address for itself, also where it comes as IPv6, and an IPv6 address for its /64,
 * because one subscriber has all of that. A connection that its client has broken off has no address: all of those count together.
 */
export function networkOf(address: string | undefined): string {
  if (address === undefined) return 'closed'
  const [plain = ''] = address.split('%', 1)
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(plain)?.[1]
  if (mapped !== undefined) return mapped
  if (!isIPv6(plain)) return plain
  // The platform writes every form of it in one way, and all groups as hexadecimal numbers.
  const [left = '', right] = new URL(`http://[${plain}]`).hostname.slice(1, -1).split('::')
  const groups = (text: string) => text.split(':').filter(Boolean)
  const [first, last] = [groups(left), groups(right ?? '')]
  const all = [...first, ...Array<string>(8 - first.length - last.length).fill('0'), ...last]
  return `${all.slice(0, 4).join(':')}::/64`
}
