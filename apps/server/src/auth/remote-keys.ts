import type { Logger } from '@belfry/core'
import { type CryptoKey, createRemoteJWKSet, customFetch, errors, type ProtectedHeaderParameters } from 'jose'
import { serverErrors } from '../errors.ts'
import { serverLimits } from '../limits/server-limits.ts'
import { edAlgorithms, rsaAlgorithms, type TokenKeys } from './token-keys.ts'

export interface RemoteKeysOptions {
  /** Where the JSON Web Key Set is. */
  readonly url: URL
  readonly logger: Logger
  /** Milliseconds since 1970. */
  readonly clock?: () => number
  /** Called where a token is refused because too many wait for keys already. */
  readonly onBeyond?: () => void
}

/** Milliseconds after a fetch of keys before an unknown key causes another. */
const COOLDOWN_MS = 30_000
/** Milliseconds after a fetch that failed before the next one: what Retry-After of a 503 has. */
const RETRY_MS = 1_000
/** Keys of this age are fetched again while they are used, so that one that was revoked is forgotten. */
const MAX_AGE_MS = 600_000

/**
 * The keys of a JSON Web Key Set that is fetched when it is first needed. Keys that are known go on while it cannot be fetched; a
 * key that is not known makes it be fetched again.
 */
export function createRemoteKeys({ url, logger, clock = Date.now, onBeyond = () => {} }: RemoteKeysOptions): TokenKeys {
  // The library would throw known keys away when they are old, and would fetch for each unknown token while the keys cannot be fetched.
  // So it only fetches when `reload` is called, and the times are kept here.
  const keys = createRemoteJWKSet(url, {
    timeoutDuration: serverLimits.KEYS_MS.most,
    [customFetch]: fetchShort,
    cacheMaxAge: Number.POSITIVE_INFINITY,
    cooldownDuration: Number.POSITIVE_INFINITY,
  })
  let notBefore = Number.NEGATIVE_INFINITY
  let oldFrom = Number.POSITIVE_INFINITY
  let failed: unknown
  let fetching: Promise<void> | undefined
  /** How many tokens wait for the keys. */
  let waiting = 0

  const fetchKeys = async (): Promise<void> => {
    try {
      await keys.reload()
      failed = undefined
      notBefore = clock() + COOLDOWN_MS
      oldFrom = clock() + MAX_AGE_MS
    } catch (error) {
      failed = error
      notBefore = clock() + RETRY_MS
      logger.warn(
        { err: error },
        'the keys that tokens are verified with could not be fetched: those that are known go on',
      )
    } finally {
      fetching = undefined
    }
  }
  /** Waits for the fetch that is under way. While it hangs, a limited number of tokens wait for it. */
  const fetched = async (): Promise<void> => {
    if (fetching === undefined) return
    if (waiting >= serverLimits.KEYS_WAITING.most) {
      onBeyond()
      throw serverErrors.KEYS_UNAVAILABLE({})
    }
    waiting++
    await fetching
    waiting--
  }
  const find = async (header: ProtectedHeaderParameters): Promise<readonly CryptoKey[]> => {
    if (!keys.fresh) return []
    try {
      return [await keys({ ...header, alg: header.alg ?? '' })]
    } catch (error) {
      if (!(error instanceof errors.JWKSMultipleMatchingKeys)) return []
      // A token that names no key may be of any of them.
      const several: CryptoKey[] = []
      for await (const key of error) several.push(key)
      return several
    }
  }
  return {
    algorithms: [...rsaAlgorithms, ...edAlgorithms, 'ES256', 'ES384'],
    async matching(header) {
      if (clock() >= oldFrom && clock() >= notBefore) fetching ??= fetchKeys()
      const known = await find(header)
      if (known.length > 0) return known
      if (clock() >= notBefore) fetching ??= fetchKeys()
      await fetched()
      const found = await find(header)
      // While they cannot be fetched it is not known whether such a token is good.
      if (found.length === 0 && failed !== undefined) throw serverErrors.KEYS_UNAVAILABLE({}, { cause: failed })
      return found
    },
  }
}

/** Fetches, and fails where the body is longer than keys can be: fetch itself decompresses without a limit. */
async function fetchShort(url: string, init: RequestInit): Promise<Response> {
  const response = await fetch(url, init)
  let bytes = 0
  const short = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      bytes += chunk.byteLength
      if (bytes > serverLimits.KEYS_BYTES.most)
        throw new Error(`it is larger than ${serverLimits.KEYS_BYTES.most} bytes`)
      controller.enqueue(chunk)
    },
  })
  const { status } = response
  return response.body === null ? response : new Response(response.body.pipeThrough(short), { status })
}
