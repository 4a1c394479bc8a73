import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** The brokers' listener with TLS and SASL, and what clients and brokers need for it. */
export interface Secure {
  readonly bootstrap: readonly string[]
  /** A PEM file with the certificate authority of the brokers. */
  readonly caFile: string
  readonly username: string
  readonly password: string
  /** Returns an unsigned token for OAUTHBEARER that is valid for an hour. */
  token(): string
  /** Settings of the brokers. */
  readonly settings: readonly string[]
  /** Options with which the storage is formatted. */
  readonly format: readonly string[]
}

const [username, password] = ['belfry', 'a-secret-of-the-tests']

/** Creates a certificate and users for brokers on this machine. */
export function makeSecure(folder: string, bootstrap: readonly string[]): Secure {
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1']
  const made = ['-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-keyout', key, '-out', cert]
  execFileSync('openssl', ['req', ...made, ...subject], { stdio: 'pipe' })
  const store = join(folder, 'keystore.pem')
  writeFileSync(store, `${readFileSync(key, 'utf8')}${readFileSync(cert, 'utf8')}`)
  const listener = (mechanism: string) => `listener.name.safe.${mechanism}`
  const plain = 'org.apache.kafka.common.security.plain.PlainLoginModule'
  const scram = 'org.apache.kafka.common.security.scram.ScramLoginModule required;'
  const bearer = 'org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule'
  return {
    bootstrap,
    caFile: cert,
    username,
    password,
    token() {
      const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
      const now = Math.floor(Date.now() / 1_000)
      return `${part({ alg: 'none' })}.${part({ sub: username, iat: now, exp: now + 3_600, scope: [] })}.`
    },
    settings: [
      'ssl.keystore.type=PEM',
      `ssl.keystore.location=${store}`,
      'ssl.client.auth=none',
      'sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER',
      `${listener('plain')}.sasl.jaas.config=${plain} required user_${username}="${password}";`,
      `${listener('scram-sha-256')}.sasl.jaas.config=${scram}`,
      `${listener('scram-sha-512')}.sasl.jaas.config=${scram}`,
      `${listener('oauthbearer')}.sasl.jaas.config=${bearer} required unsecuredLoginStringClaim_sub="broker";`,
    ],
    format: ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
      '--add-scram',
      `${mechanism}=[name=${username},password=${password}]`,
    ]),
  }
}
