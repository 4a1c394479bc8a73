import { constants, gunzipSync } from 'node:zlib'
import { shorten } from '@belfry/contracts/check'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { serverErrors } from '../../errors.ts'
import { serverLimits } from '../../limits/server-limits.ts'

/** The names of the one encoding that can be decompressed. */
const GZIP: readonly string[] = ['gzip', 'x-gzip']

/** The encodings of a body as its request names them. `identity` changes nothing, and names have no case. */
function encodingsOf({ headers }: FastifyRequest): readonly string[] {
  const names = headers['content-encoding']?.toLowerCase().split(',') ?? []
  return names.map((name) => name.trim()).filter((name) => name !== '' && name !== 'identity')
}

/**
 * Refuses a body in an encoding that its route does not accept, before it is read. Then the answer names what is accepted, as RFC 7694 has
 * it.
 * @throws CONTENT_ENCODING_UNSUPPORTED
 */
export function refuseEncodings(request: FastifyRequest, reply: FastifyReply, acceptsGzip: boolean): void {
  const encodings = encodingsOf(request)
  const [first = '', ...others] = encodings
  if (encodings.length === 0 || (acceptsGzip && others.length === 0 && GZIP.includes(first))) return
  reply.header('accept-encoding', acceptsGzip ? 'gzip' : 'identity')
  throw serverErrors.CONTENT_ENCODING_UNSUPPORTED({
    found: shorten(encodings.join(', ')),
    accepted: acceptsGzip ? 'gzip, once, or none' : 'none',
  })
}

/**
 * The body as it was before it was compressed, of a request that `refuseEncodings` has accepted. Several members of gzip after one another
 * are one body, and zeros may follow them.
 * @throws BODY_NOT_GZIP, and BODY_TOO_LARGE before more than the limit is decompressed
 */
export function decompressed(request: FastifyRequest, body: Buffer): Buffer {
  if (encodingsOf(request).length === 0) return body
  const { most } = serverLimits.DECOMPRESSED_BODY
  // It takes some milliseconds at most, as parsing it does.
  const { buffer, consumed } = unzip(body, most)
  if (body.subarray(consumed).some((byte) => byte !== 0))
    throw serverErrors.BODY_NOT_GZIP({ why: 'other bytes follow its gzip data' })
  return buffer
}

function unzip(body: Buffer, most: number): { readonly buffer: Buffer; readonly consumed: number } {
  try {
    const options = { maxOutputLength: most, info: true, finishFlush: constants.Z_FINISH }
    return resultOf(gunzipSync(body, options))
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ERR_BUFFER_TOO_LARGE') throw serverErrors.BODY_TOO_LARGE({ what: 'the decompressed body', most })
    if (code === 'Z_BUF_ERROR') throw serverErrors.BODY_NOT_GZIP({ why: 'its gzip data ends too early' })
    if (code === 'Z_DATA_ERROR') throw serverErrors.BODY_NOT_GZIP({ why: 'it is not valid gzip data' })
    throw error
  }
}

/** With `info` the function also returns its engine, which the type of the library does not have. */
function resultOf(result: object) {
  const { buffer, engine }: { buffer?: unknown; engine?: { readonly bytesWritten?: unknown } } = result
  const consumed = engine?.bytesWritten
  if (!Buffer.isBuffer(buffer) || typeof consumed !== 'number') throw new Error('zlib has returned no engine')
  return { buffer, consumed }
}
