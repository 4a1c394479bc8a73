import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { TlsConfig } from '../config/tls-section.ts'
import { serverErrors } from '../errors.ts'

/**
 * The options of TLS for a section of the configuration, of Kafka or of Postgres. Reads the files.
 * @throws TLS_FILE_UNUSABLE, TLS_INCOMPLETE
 */
export function tlsOptionsOf(section: 'kafka' | 'postgres', tls: TlsConfig) {
  const { ca_file: ca, cert_file: cert, key_file: key } = tls
  if ((cert === undefined) !== (key === undefined)) {
    const [there, missing] = cert === undefined ? ['key_file', 'cert_file'] : ['cert_file', 'key_file']
    throw serverErrors.TLS_INCOMPLETE({ section, there, missing })
  }
  const read = (name: string, file: string, expectContent: (text: string) => void): string => {
    try {
      const text = readFileSync(file, 'utf8')
      expectContent(text)
      return text
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      throw serverErrors.TLS_FILE_UNUSABLE({ section, key: name, file, why }, { cause: error })
    }
  }
  return {
    rejectUnauthorized: tls.reject_unauthorized,
    ...(ca !== undefined && { ca: read('ca_file', ca, expectCertificate) }),
    ...(cert !== undefined && { cert: read('cert_file', cert, expectCertificate) }),
    ...(key !== undefined && { key: read('key_file', key, expectKey) }),
  }
}

/** Node's TLS ignores what is not a certificate, and only reports much later that it cannot trust the server. */
function expectCertificate(text: string): void {
  try {
    new X509Certificate(text)
  } catch (error) {
    throw new Error('there is no certificate in it', { cause: error })
  }
}

function expectKey(text: string): void {
  try {
    createPrivateKey(text)
  } catch (error) {
    throw new Error('there is no private key in it that can be read without a passphrase', { cause: error })
  }
}
