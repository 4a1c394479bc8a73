import { generateKeyPairSync } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { checkBelfry } from '../../src/check-belfry.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { selfSigned } from '../self-signed.ts'
import { temporaryFolder } from '../start-belfry.ts'

/** What is said to be wrong with the files of both sections. */
async function wrongWith(files: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const tls = (section: string) =>
    Object.entries(files).map(([key, file]) => [`NOTIFICATION_SERVICE__${section}__TLS__${key}`, file])
  const config = await loadConfig(['node', 'belfry'], {
    BELFRY_CONFIG: '/dev/null',
    NOTIFICATION_SERVICE__HTTP__PORT: '0',
    NOTIFICATION_SERVICE__AUTH__SECRET: 'a secret of at least 32 characters',
    NOTIFICATION_SERVICE__KAFKA__BOOTSTRAP_SERVERS: 'localhost:1',
    NOTIFICATION_SERVICE__POSTGRES__URL: 'postgres://belfry@localhost:1/belfry',
    ...Object.fromEntries([...tls('KAFKA'), ...tls('POSTGRES')]),
  })
  const checked = checkBelfry({ config, plugins: new URL('../../src/plugins.ts', import.meta.url) })
  return checked.then(
    () => [],
    (error: Error) => error.message.replace('CONFIG_INVALID: ', '').split('\n'),
  )
}

describe('the files of a section tls', () => {
  const junk = import.meta.filename

  it.each([
    ['ca_file', '/nowhere/ca.pem', { CA_FILE: '/nowhere/ca.pem' }, 'ENOENT: no such file or directory'],
    ['ca_file', '/dev/null', { CA_FILE: '/dev/null' }, 'there is no certificate in it'],
    ['ca_file', junk, { CA_FILE: junk, REJECT_UNAUTHORIZED: 'false' }, 'there is no certificate in it'],
    ['cert_file', junk, { CERT_FILE: junk, KEY_FILE: junk }, 'there is no certificate in it'],
  ])(
    'are named by their key where they cannot be used, of Kafka and of Postgres: %s, %s',
    async (key, file, files, why) => {
      expect(await wrongWith(files)).toEqual(
        ['kafka', 'postgres'].map((section) =>
          expect.stringContaining(`${section}.tls.${key} names ${file}, which cannot be used: ${why}`),
        ),
      )
    },
  )

  it('hold a certificate and its key', async () => {
    await using folder = await temporaryFolder()
    const [cert, key] = [join(folder.path, 'cert.pem'), join(folder.path, 'key.pem')]
    const pair = generateKeyPairSync('rsa', { modulusLength: 2048 })
    await writeFile(cert, selfSigned(pair))
    await writeFile(key, pair.privateKey.export({ format: 'pem', type: 'pkcs8' }))
    const unusable = (section: string) =>
      `${section}.tls.key_file names ${cert}, which cannot be used: there is no private key in it that can be read without a passphrase`
    expect(await wrongWith({ CERT_FILE: cert, KEY_FILE: cert })).toEqual([unusable('kafka'), unusable('postgres')])
    // They are good, and nobody is there.
    expect(await wrongWith({ CA_FILE: cert, CERT_FILE: cert, KEY_FILE: key })).toEqual([
      expect.stringMatching(/^Kafka at localhost:1 cannot be reached/),
      expect.stringMatching(/localhost:1.* cannot be reached/),
    ])
  })

  it('are a certificate with its key, or neither', async () => {
    for (const [there, missing] of [
      ['cert_file', 'key_file'],
      ['key_file', 'cert_file'],
    ] as const)
      expect(await wrongWith({ [there.toUpperCase()]: '/dev/null' })).toEqual(
        ['kafka', 'postgres'].map((section) =>
          expect.stringContaining(`${section}.tls.${there} is there without ${section}.tls.${missing}`),
        ),
      )
  })
})
