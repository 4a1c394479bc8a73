import { isTransient } from '@belfry/contracts/errors'
import { coreErrors } from '@belfry/core'
import { postgresLimits } from '../limits.ts'
import { asStoreErrors } from './store-errors.ts'

/** Called with the person whose inbox may have changed although no caller learned of it; without a person, any inbox may have. */
export type OnUnconfirmed = (person?: string) => void

/** How the calls of the store are made. All of them throw coded errors alone. */
export interface StoreCalls {
  /** A call of the intake or of upkeep, which can wait. */
  background<T>(call: () => Promise<T>): Promise<T>
  /** The same for a write that its caller does not try again. */
  backgroundWrite<T>(call: () => Promise<T>): Promise<T>
  /** A call with a caller who waits: it fails in time, if need be with STORE_UNAVAILABLE. */
  request<T>(call: () => Promise<T>): Promise<T>
  /** The same from people, who may make only some at once. */
  peopleRequest<T>(call: () => Promise<T>): Promise<T>
  /** The same for a write of one person's inbox, which its caller does not try again. */
  peopleWrite<T>(person: string, call: () => Promise<T>): Promise<T>
}

/** @param requestTimeoutMs milliseconds until a request fails; undefined where nothing can keep it waiting */
export function createStoreCalls(requestTimeoutMs: number | undefined, onUnconfirmed: OnUnconfirmed): StoreCalls {
  const bound = boundCalls(postgresLimits.PEOPLE_CALLS.most)
  const request = <T>(call: () => Promise<T>) => asStoreErrors(call, requestTimeoutMs)
  return {
    background: (call) => asStoreErrors(call),
    backgroundWrite: (call) => reportUnconfirmed(call, { onUnconfirmed }),
    request,
    peopleRequest: (call) => request(bound(call)),
    peopleWrite: (person, call) =>
      reportUnconfirmed(bound(call), { onUnconfirmed: () => onUnconfirmed(person), timeoutMs: requestTimeoutMs }),
  }
}

/**
 * Returns a function that wraps calls, so that at most this many of them are under way, waiting for a connection or for an answer. One
 * more is refused at once (STORE_UNAVAILABLE): it would wait in vain, and all others with it. A call counts until it ends, also when its
 * caller has stopped waiting for it.
 */
function boundCalls(most: number) {
  let underWay = 0
  return <T>(call: () => Promise<T>) =>
    async (): Promise<T> => {
      if (underWay >= most)
        throw coreErrors.STORE_UNAVAILABLE({ why: `${most} requests are under way already or wait for a connection` })
      underWay++
      try {
        return await call()
      } finally {
        underWay--
      }
    }
}

/**
 * Runs a write, and reports it where it is not known what it has written: where a connection breaks at the commit, and where the write
 * ends only after its caller has stopped waiting. Then nothing else could push what was written.
 */
async function reportUnconfirmed<T>(
  call: () => Promise<T>,
  { onUnconfirmed, timeoutMs }: { readonly onUnconfirmed: () => void; readonly timeoutMs?: number | undefined },
): Promise<T> {
  let isAwaited = true
  const watched = async () => {
    try {
      return await call()
    } finally {
      if (!isAwaited) onUnconfirmed()
    }
  }
  try {
    return await asStoreErrors(watched, timeoutMs)
  } catch (error) {
    isAwaited = false
    if (isTransient(error)) onUnconfirmed()
    throw error
  }
}
