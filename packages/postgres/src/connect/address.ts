import pg from 'pg'
import type { PostgresOptions } from './reach-postgres.ts'

/**
 * The names of the parameters of an address that configure TLS. In pg they take precedence over the options beside the address, so that
 * `sslmode=disable` would switch off the configured TLS, and `sslmode=require` would drop its authorities.
 */
export function tlsParametersOf(url: string): readonly string[] {
  // Parsers of addresses leave these characters out.
  const text = url.replace(/[\t\r\n]/g, '')
  const at = text.indexOf('?')
  if (at === -1) return []
  const names = [...new URLSearchParams(text.slice(at + 1)).keys()].map((name) => name.toLowerCase())
  return [...new Set(names.filter((name) => /^(ssl(?!negotiation)\w{0,20}|uselibpqcompat)$/.test(name)))]
}

/** The host and the TLS that pg would use for an address, also by its parameters and the environment. */
export function effective({ tls }: Pick<PostgresOptions, 'tls'>, url: string): { host: string; ssl: unknown } {
  const client = new pg.Client(configOf({ tls }, url))
  return { host: client.host, ssl: client.ssl }
}

/** The configuration of a client of pg. */
export const configOf = (
  { tls }: { readonly tls?: PostgresOptions['tls'] | undefined },
  url: string,
): pg.ClientConfig => ({
  connectionString: url,
  application_name: 'belfry',
  ...(tls && { ssl: tls }),
})
