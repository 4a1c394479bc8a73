import Type, { type Static } from 'typebox'
import { flag, text } from './fields.ts'

/** A section `tls`, of Kafka or of Postgres; `peers` is what presents the certificates that are verified. */
export const Tls = (peers: string) =>
  Type.Object(
    {
      ca_file: Type.Optional(text('a PEM file of authorities, instead of the system’s')),
      cert_file: Type.Optional(text('a PEM file with the certificate of the client')),
      key_file: Type.Optional(text('a PEM file with the key of the client')),
      reject_unauthorized: flag(`refuse ${peers} whose certificate cannot be verified`, true),
    },
    { title: 'present: connect with TLS' },
  )

export type TlsConfig = Static<ReturnType<typeof Tls>>
