/** A section tls, of Kafka or of Postgres. */
interface Tls {
  readonly ca_file?: string
  readonly cert_file?: string
  readonly key_file?: string
  readonly reject_unauthorized: boolean
}

/** How TLS is spoken, of the configuration: the same words for brokers and for the database. */
export const tlsOptionsOf = (tls: Tls) => ({
  rejectUnauthorized: tls.reject_unauthorized,
  ...(tls.ca_file !== undefined && { caFile: tls.ca_file }),
  ...(tls.cert_file !== undefined && { certFile: tls.cert_file }),
  ...(tls.key_file !== undefined && { keyFile: tls.key_file }),
})
