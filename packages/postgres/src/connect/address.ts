import pg from 'pg'
import type { PostgresOptions } from './reach-postgres.ts'

/**
 * The parameters of an address that say how TLS is spoken, each by its name. pg lets them win over what it is told beside the address,
 * so that `sslmode=disable` would switch off the TLS that is asked for, and `sslmode=require` would forget its authorities.
 */
export function tlsParametersOf(url: string): readonly string[] {
  // What reads addresses leaves these characters out.
  const text = url.replace(/[\t\r\n]/g, '')
  const at = text.indexOf('?')
  if (at === -1) return []
  const names = [...new URLSearchParams(text.slice(at + 1)).keys()].map((name) => name.toLowerCase())
  return [...new Set(names.filter((name) => /^(ssl(?!negotiation)\w{0,20}|uselibpqcompat)$/.test(name)))]
}

/** Where an address leads and how it is spoken to there, as pg understands it: also of parameters and of the environment. */
export function effective({ tls }: Pick<PostgresOptions, 'tls'>, url: string): { host: string; ssl: unknown } {
  const client = new pg.Client(configOf({ tls }, url))
  return { host: client.host, ssl: client.ssl }
}

/** What pg is told. */
export const configOf = (
  { tls }: { readonly tls?: PostgresOptions['tls'] | undefined },
  url: string,
): pg.ClientConfig => ({
  ...{ connectionString: url, application_name: 'belfry' },
  ...(tls && { ssl: tls }),
})
