import { createPublicKey, type KeyObject } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { serverErrors } from '../errors.ts'
import { edAlgorithms, rsaAlgorithms, type TokenKeys } from './token-keys.ts'

/**
 * Reads the public key that tokens are verified with: PEM, as a public key or a certificate.
 * @throws CONFIG_INVALID that names auth.public_key_file
 */
export async function readPublicKey(file: string): Promise<TokenKeys> {
  const key = keyOf(await textOf(file), file)
  const algorithms = algorithmsOf(key)
  if (algorithms === undefined)
    throw unusable(
      file,
      'holds a key of a kind that is not possible here, expected RSA of at least 2048 bits, P-256, P-384 or Ed25519',
    )
  return { algorithms, matching: async () => [key] }
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    const why =
      code === 'ENOENT'
        ? 'there is no such file'
        : code === 'EISDIR'
          ? 'it is a folder'
          : 'it cannot be read by this user'
    throw unusable(file, `cannot be read: ${why}`, error)
  }
}

function keyOf(text: string, file: string): KeyObject {
  const names = [...text.matchAll(/^-----BEGIN ([A-Z0-9 ]+)-----/gm)].map(([, name = '']) => name)
  // A public key could be made from a private one, but a server that only verifies must not have it.
  if (names.some((name) => name.endsWith('PRIVATE KEY')))
    throw unusable(file, 'holds a private key, expected only the public one')
  if (names.length !== 1)
    throw unusable(
      file,
      `holds ${names.length === 0 ? 'no PEM' : `${names.length} PEM blocks`}, expected one public key or certificate`,
    )
  try {
    return createPublicKey(text)
  } catch (error) {
    throw unusable(file, 'holds no public key, expected one public key or certificate in PEM', error)
  }
}

/** How a key may sign, by its kind. */
function algorithmsOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): readonly string[] | undefined {
  if (asymmetricKeyType === 'rsa' && (asymmetricKeyDetails?.modulusLength ?? 0) >= 2_048) return rsaAlgorithms
  if (asymmetricKeyType === 'ed25519') return edAlgorithms
  if (asymmetricKeyDetails?.namedCurve === 'prime256v1') return ['ES256']
  if (asymmetricKeyDetails?.namedCurve === 'secp384r1') return ['ES384']
  return undefined
}

function unusable(file: string, why: string, cause?: unknown) {
  const problem = {
    path: 'notification_service.auth.public_key_file',
    message: `is ${JSON.stringify(file)}, which ${why}`,
  }
  return serverErrors.CONFIG_INVALID({ problems: `${problem.path} ${problem.message}` }, { problems: [problem], cause })
}
